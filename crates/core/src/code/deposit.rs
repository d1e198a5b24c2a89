//! Imports custom codes: `POST /card/code/deposit`. WeChat manual: "投放卡券" (distribute cards), import codes.

use crate::card::{Card, CodeMode};
use crate::engine::{Command, CustomCode, Keys, Pool, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CODE_MAX, CardId, CardNo, CodeText};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The largest number of codes in one call.
pub const CODES_PER_CALL: usize = 100;

/// Adds codes to the pool of a deposit card. Importing a code again changes nothing.
///
/// # Errors
///
/// 40073 unknown card; 40078 not approved, deleted, or not a deposit card; 40109 more than 100 codes; 40110 no codes,
/// or a blank one; 47001 a code with control characters; 40111 the same code twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositCodes {
    pub card_id: CardId,
    pub codes: Vec<CodeText>,
}

/// The result of an import of codes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DepositOutcome {
    /// Codes imported now.
    pub succ: Vec<CodeText>,
    /// Codes imported before.
    pub duplicate: Vec<CodeText>,
    /// Texts that are too long for a code, or have the form of dynamic codes.
    pub fail: Vec<CodeText>,
}

impl Command for DepositCodes {
    type Reply = DepositOutcome;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        if let Some(card) = ws.loaded_card(&self.card_id)
            && card.terms.code_mode == CodeMode::Deposit
        {
            keys.pools.entry(card.no).or_default();
            keys.custom_codes.extend(asked_for(card.no, &self.codes, CODES_PER_CALL));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<DepositOutcome> {
        let no = open_for_imports(ws, &self.card_id)?.no;
        check_codes(&self.codes, CODES_PER_CALL)?;
        deposit(ws, no, &self.codes, now)
    }

    fn cost(&self) -> usize {
        self.codes.len().max(1)
    }
}

/// The card, if codes can be imported for it. 40073 unknown; 40078 not approved, deleted, or not a deposit card.
pub(super) fn open_for_imports<'a>(ws: &'a WorkingSet, card_id: &CardId) -> Result<&'a Card> {
    let card = ws.existing_card(card_id)?;
    if card.terms.code_mode != CodeMode::Deposit {
        let reason = "is not a card with deposited codes";
        return Err(Error::field(ErrCode::InvalidCardStatus, "card_id", reason));
    }
    if !card.status.is_open() {
        return Err(Error::field(ErrCode::InvalidCardStatus, "card_id", card.status.wire()));
    }
    Ok(card)
}

/// The keys of a call's codes. There are no keys if the call has more than `max` codes, because it is refused anyway.
pub(super) fn asked_for(
    card: CardNo,
    codes: &[CodeText],
    max: usize,
) -> impl Iterator<Item = (CardNo, CodeText)> + '_ {
    let codes = if codes.len() > max { &[] } else { codes };
    codes.iter().map(move |code| (card, code.clone()))
}

/// Checks the codes of a call: 40109 more than `max`; 40110 no codes or a blank one; 47001 a code with control
/// characters; 40111 the same code twice.
pub(super) fn check_codes(codes: &[CodeText], max: usize) -> Result<()> {
    if codes.len() > max {
        return Err(Error::field(ErrCode::TooManyCodes, "code", format!("{} codes", codes.len())));
    }
    if codes.is_empty() {
        return Err(ErrCode::HaveEmptyCode.into());
    }
    codes.iter().try_for_each(|code| code.check_characters("code"))?;
    match first_repeated(codes) {
        Some(twice) => Err(Error::field(ErrCode::HaveSameCode, "code", format!("{twice} occurs twice"))),
        None => Ok(()),
    }
}

/// Adds the valid new codes to the pool of a card. The outcome lists the others.
pub(super) fn deposit(
    ws: &mut WorkingSet,
    no: CardNo,
    codes: &[CodeText],
    now: Timestamp,
) -> Result<DepositOutcome> {
    let mut reply = DepositOutcome::default();
    let mut pool = ws.pools.get(&no)?.cloned().unwrap_or_else(Pool::default);
    for code in codes {
        if code.as_str().len() > CODE_MAX {
            reply.fail.push(code.clone());
        } else if ws.custom_codes.get(&(no, code.clone()))?.is_some() {
            reply.duplicate.push(code.clone());
        } else if code.has_dynamic_form() {
            reply.fail.push(code.clone());
        } else {
            reply.succ.push(code.clone());
        }
    }
    if reply.succ.is_empty() {
        return Ok(reply);
    }
    // Later claims of the batch may draw codes that this import adds, if the loaded head of the queue is complete.
    let head_is_all = pool.drawn + pool.head.len() as i64 == pool.deposited;
    for code in &reply.succ {
        ws.custom_codes.put((no, code.clone()), CustomCode::Deposited(pool.deposited));
        pool.deposited += 1;
        if head_is_all {
            pool.head.push_back(code.clone());
        }
    }
    ws.pools.put(no, pool);
    let amount = reply.succ.len() as i64;
    ws.emit(Event { amount, ..Event::new(EventKind::CodeDeposit, now, no) });
    Ok(reply)
}

fn first_repeated(codes: &[CodeText]) -> Option<&CodeText> {
    let mut seen = HashSet::new();
    codes.iter().find(|code| !seen.insert(*code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ReviewPolicy;
    use crate::card::ModifyStock;
    use crate::code::claim::{Claim, Via};
    use crate::engine::testing::*;
    use crate::operation::Operation;
    use serde_json::json;

    fn deposit(card_id: &CardId, codes: &[&str]) -> DepositCodes {
        DepositCodes { card_id: card_id.clone(), codes: codes.iter().map(|code| (*code).into()).collect() }
    }

    fn texts(codes: &[CodeText]) -> Vec<&str> {
        codes.iter().map(CodeText::as_str).collect()
    }

    #[test]
    fn codes_are_imported_once_and_doubles_and_misfits_are_named() {
        let mut world = World::new();
        let card = world.create(deposit_card());
        world.run(deposit(&card, &["a", "b"])).expect("imported");
        let long = "x".repeat(21);
        let reply = world.run(deposit(&card, &["c", "a", &long])).expect("imported");
        assert_eq!(texts(&reply.succ), ["c"]);
        assert_eq!(texts(&reply.duplicate), ["a"]);
        assert_eq!(texts(&reply.fail), [long.as_str()]);
        assert_eq!(world.pools[&world.card(&card).no].deposited, 3);
        let amounts: Vec<_> =
            world.events[world.events.len() - 2..].iter().map(|event| event.amount).collect();
        assert_eq!(amounts, [2, 1]);
    }

    #[test]
    fn importing_nothing_new_leaves_no_trace() {
        let mut world = World::new();
        let card = world.create(deposit_card());
        world.run(deposit(&card, &["a"])).expect("imported");
        let before = world.clone();
        assert_eq!(world.run(deposit(&card, &["a"])).map(|reply| reply.duplicate.len()), Ok(1));
        assert_eq!(world, before);
    }

    #[test]
    fn a_claimed_code_is_not_imported_again() {
        let mut world = World::new();
        let card = world.create(deposit_card());
        world.run(deposit(&card, &["a"])).expect("imported");
        world.run(ModifyStock { card_id: card.clone(), increase: 1, reduce: 0 }).expect("stock");
        world.claim(&card, "o1");
        assert_eq!(world.run(deposit(&card, &["a"])).map(|reply| reply.duplicate.len()), Ok(1));
    }

    #[test]
    fn a_batch_can_claim_codes_that_it_deposits_and_adds_to_stock() {
        let mut world = World::new();
        let card = world.create(deposit_card());
        let claim = Claim::of(card.clone(), "o1".into(), Via::Server);
        let batch: [Operation; 4] = [
            deposit(&card, &["a", "b"]).into(),
            ModifyStock { card_id: card.clone(), increase: 2, reduce: 0 }.into(),
            claim.clone().into(),
            claim.into(),
        ];
        assert!(world.batch(&batch).into_iter().all(|reply| reply.is_ok()));
        assert_eq!(world.card(&card).quantity, 0);
    }

    #[test]
    fn deposit_errors_follow_the_documented_order() {
        let mut world = World::reviewed_by(ReviewPolicy::Manual);
        let (waiting, system) = (world.create(deposit_card()), world.create(groupon(json!({}))));
        world.app.review = ReviewPolicy::Auto;
        let open = world.create(deposit_card());
        let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
        let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
        many[1] = "";
        for (case, card, codes, expected) in [
            ("unknown card, too many", &CardId::from("pNowhere"), &many[..], ErrCode::InvalidCardId),
            ("no deposit card, too many", &system, &many[..], ErrCode::InvalidCardStatus),
            ("waits for review, too many", &waiting, &many[..], ErrCode::InvalidCardStatus),
            ("too many, one empty", &open, &many[..], ErrCode::TooManyCodes),
            ("none", &open, &[][..], ErrCode::HaveEmptyCode),
            ("one empty, one twice", &open, &["a", "a", ""][..], ErrCode::HaveEmptyCode),
            ("one twice", &open, &["a", "b", "a"][..], ErrCode::HaveSameCode),
        ] {
            assert_eq!(refusal(world.run(deposit(card, codes))), Some(expected), "{case}");
        }
        many[1] = "x";
        assert_eq!(world.run(deposit(&open, &many[..100])).map(|reply| reply.succ.len()), Ok(100));
    }
}
