//! Imports custom codes: `POST /card/code/deposit`. WeChat manual: "投放卡券" (distribute cards), import codes.

use crate::card::CodeMode;
use crate::engine::{Apply, CustomCode, Keys, Pool, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CODE_MAX, CardId, CodeText};
use crate::time::Timestamp;
use std::collections::HashSet;

/// Codes one call may import.
pub const CODES_PER_CALL: usize = 100;

/// Adds codes to the pool a deposit card draws from. Importing a code again is harmless.
///
/// Errors: 40073 unknown card; 40078 not reviewed, deleted, or not a deposit card; 40109 more than 100 codes; 40110
/// none, or an empty one; 40111 one twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositCodes {
    /// The card.
    pub card_id: CardId,
    /// The codes.
    pub codes: Vec<CodeText>,
}

/// What became of the codes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deposited {
    /// Imported now.
    pub succ: Vec<CodeText>,
    /// Imported before.
    pub duplicate: Vec<CodeText>,
    /// Too long to be a code.
    pub fail: Vec<CodeText>,
}

impl Apply for DepositCodes {
    type Reply = Deposited;

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        if ws.card_ids.is_loaded(&self.card_id)
            && let Ok(Some(card)) = ws.card_by_id(&self.card_id)
            && card.terms.code_mode == CodeMode::Deposit
        {
            keys.pools.entry(card.no).or_default();
            keys.custom_codes.extend(self.codes.iter().map(|code| (card.no, code.clone())));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Deposited> {
        let card = ws.card_by_id(&self.card_id)?.ok_or(ErrCode::InvalidCardId)?;
        if card.terms.code_mode != CodeMode::Deposit {
            return Err(Error::field(
                ErrCode::InvalidCardStatus,
                "card_id",
                "is not a card with deposited codes",
            ));
        }
        if !card.status.is_open() {
            return Err(Error::field(ErrCode::InvalidCardStatus, "card_id", card.status.wire()));
        }
        if self.codes.len() > CODES_PER_CALL {
            return Err(Error::field(ErrCode::TooManyCodes, "code", format!("{} codes", self.codes.len())));
        }
        if self.codes.is_empty() || self.codes.iter().any(|code| code.as_str().is_empty()) {
            return Err(ErrCode::HaveEmptyCode.into());
        }
        if let Some(twice) = first_repeated(&self.codes) {
            return Err(Error::field(ErrCode::HaveSameCode, "code", format!("{twice} is there twice")));
        }
        let (no, mut reply) = (card.no, Deposited::default());
        let mut pool = ws.pools.get(&no)?.cloned().unwrap_or_else(Pool::default);
        for code in &self.codes {
            if code.as_str().len() > CODE_MAX {
                reply.fail.push(code.clone());
            } else if ws.custom_codes.get(&(no, code.clone()))?.is_some() {
                reply.duplicate.push(code.clone());
            } else {
                reply.succ.push(code.clone());
            }
        }
        if reply.succ.is_empty() {
            return Ok(reply);
        }
        for code in &reply.succ {
            ws.custom_codes.put((no, code.clone()), CustomCode::Deposited(pool.deposited));
            pool.deposited += 1;
        }
        ws.pools.put(no, pool);
        let amount = reply.succ.len() as i64;
        ws.record(Event { amount, ..Event::new(EventKind::CodeDeposit, now, no) });
        Ok(reply)
    }
}

fn first_repeated(codes: &[CodeText]) -> Option<&CodeText> {
    let mut seen = HashSet::new();
    codes.iter().find(|code| !seen.insert(*code))
}
