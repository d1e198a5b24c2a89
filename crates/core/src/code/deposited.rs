//! Looks up the imported codes of a card: `POST /card/code/getdepositcount` and `/card/code/checkcode`. WeChat
//! manual: "投放卡券" (distribute cards), import codes.

use super::deposit::{CODES_PER_CALL, asked_for};
use crate::card::CodeMode;
use crate::engine::{Keys, Query, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::{CardId, CodeText};
use crate::time::Timestamp;

/// Counts all codes ever imported.
///
/// # Errors
///
/// 40073 unknown card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetDepositCount {
    pub card_id: CardId,
}

impl Query for GetDepositCount {
    type Reply = i64;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        if let Some(card) = ws.loaded_card(&self.card_id) {
            keys.pools.entry(card.no).or_default();
        }
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<i64> {
        let card = ws.existing_card(&self.card_id)?;
        Ok(ws.pools.get(&card.no)?.map_or(0, |pool| pool.deposited))
    }
}

/// Finds out which codes are imported.
///
/// # Errors
///
/// In this order: 40073 unknown card; 40109 more than 100 codes; 40110 no codes, or an empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckCodes {
    pub card_id: CardId,
    pub codes: Vec<CodeText>,
}

/// The imported codes and the others, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckOutcome {
    /// Codes imported for this card, whether claimed or not.
    pub exist: Vec<CodeText>,
    /// Codes not imported for this card.
    pub not_exist: Vec<CodeText>,
}

impl Query for CheckCodes {
    type Reply = CheckOutcome;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        if let Some(card) = ws.loaded_card(&self.card_id) {
            keys.custom_codes.extend(asked_for(card.no, &self.codes, CODES_PER_CALL));
        }
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<CheckOutcome> {
        let card = ws.existing_card(&self.card_id)?;
        if self.codes.len() > CODES_PER_CALL {
            return Err(Error::field(ErrCode::TooManyCodes, "code", format!("{} codes", self.codes.len())));
        }
        if self.codes.is_empty() {
            return Err(ErrCode::HaveEmptyCode.into());
        }
        self.codes.iter().try_for_each(|code| code.check_characters("code"))?;
        let mut checked = CheckOutcome::default();
        for code in &self.codes {
            let known = ws.custom_codes.get(&(card.no, code.clone()))?.is_some();
            let list = match known && card.terms.code_mode == CodeMode::Deposit {
                true => &mut checked.exist,
                false => &mut checked.not_exist,
            };
            list.push(code.clone());
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::ModifyStock;
    use crate::code::DepositCodes;
    use crate::engine::testing::*;
    use serde_json::json;

    fn texts(codes: &[&str]) -> Vec<CodeText> {
        codes.iter().map(|code| CodeText::from(*code)).collect()
    }

    #[test]
    fn imported_codes_count_and_are_known_also_when_claimed() {
        let mut world = World::new();
        let card = world.create(groupon(json!({
            "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT", "sku": {"quantity": 0},
        })));
        assert_eq!(world.ask(GetDepositCount { card_id: card.clone() }), Ok(0));
        world.run(DepositCodes { card_id: card.clone(), codes: texts(&["a", "b"]) }).expect("imported");
        world.run(ModifyStock { card_id: card.clone(), increase: 1, reduce: 0 }).expect("stock");
        world.claim(&card, "o1");
        assert_eq!(world.ask(GetDepositCount { card_id: card.clone() }), Ok(2));
        let checked = world.ask(CheckCodes { card_id: card, codes: texts(&["x", "b", "a", "b"]) });
        assert_eq!(checked, Ok(CheckOutcome { exist: texts(&["b", "a", "b"]), not_exist: texts(&["x"]) }));
    }

    #[test]
    fn a_code_of_a_card_that_imports_none_was_not_imported() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"use_custom_code": true})));
        world.claim_as(&card, "o1", Some("mine"));
        let checked = world.ask(CheckCodes { card_id: card.clone(), codes: texts(&["mine"]) });
        assert_eq!(checked.map(|checked| checked.not_exist), Ok(texts(&["mine"])));
        assert_eq!(world.ask(GetDepositCount { card_id: card }), Ok(0));
    }

    #[test]
    fn deposited_errors_follow_the_documented_order() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        let check = |card: &CardId, codes: Vec<CodeText>| CheckCodes { card_id: card.clone(), codes };
        let many = vec![CodeText::from(""); 101];
        let unknown = world.ask(check(&"pNowhere".into(), many.clone()));
        assert_eq!(refusal(unknown), Some(ErrCode::InvalidCardId));
        assert_eq!(refusal(world.ask(check(&card, many))), Some(ErrCode::TooManyCodes));
        assert_eq!(refusal(world.ask(check(&card, texts(&["a", ""])))), Some(ErrCode::HaveEmptyCode));
        assert_eq!(refusal(world.ask(check(&card, Vec::new()))), Some(ErrCode::HaveEmptyCode));
    }
}
