//! General cards (`GENERAL_CARD`): gift cards, exchange cards and campus cards. Their points, balance and own fields
//! are in the row of a [`Member`]; each call has its own file. WeChat manual: "礼品卡" (gift cards).

mod activate;
mod unactivate;
mod update_user;

pub use activate::ActivateGeneralCard;
pub use unactivate::UnactivateGeneralCard;
pub use update_user::UpdateGeneralCard;

use crate::card::{Card, GeneralTerms};
use crate::code::{Code, CodeRef};
use crate::engine::{Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::CodeSeq;
use crate::member::Member;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Data of a general card's code that the row of its member does not have. A friend who accepts the code gets this
/// data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GeneralCode {
    /// Whether the merchant allows gifts of this code. The card must allow them too.
    pub can_give_friend: bool,
    /// Whether an earlier activation was ended. The next activation then sets no points and no balance.
    pub was_active: bool,
}

impl Default for GeneralCode {
    fn default() -> GeneralCode {
        GeneralCode { can_give_friend: true, was_active: false }
    }
}

impl Record for GeneralCode {
    const KIND: RecordKind = RecordKind::GeneralCode;
}

impl GeneralCode {
    /// The key of the record of this code.
    pub fn key(code: CodeSeq) -> RecordKey {
        RecordKey::numbered::<GeneralCode>(code.0)
    }
}

/// Declares the rows of [`is_active`].
pub fn active_keys(code: &Code, keys: &mut Keys) {
    keys.members.insert(code.seq);
    keys.records.insert(GeneralCode::key(code.seq));
}

/// Whether a member has points and balance that can be changed. A general card may be active by itself; an activation
/// that the merchant ended stays ended until the next one.
///
/// # Errors
///
/// -1 if the record of a general card's code is not loaded, which is a bug.
pub fn is_active(ws: &WorkingSet, card: &Card, member: &Member, now: Timestamp) -> Result<bool> {
    if member.active_at.is_some() || card.terms.general.is_none() {
        return Ok(member.active_at.is_some());
    }
    let general: Option<GeneralCode> = ws.find_record_of_new(&GeneralCode::key(member.code), now)?;
    Ok(general.unwrap_or_default().is_active(card, member))
}

impl GeneralCode {
    /// As [`is_active`], for a code with this record.
    fn is_active(self, card: &Card, member: &Member) -> bool {
        member.active_at.is_some() || (card.terms.auto_activate && !self.was_active)
    }
}

/// A code of a general card in the state NORMAL, with its rows.
struct HeldCode<'a> {
    code: &'a Code,
    card: &'a Card,
    terms: GeneralTerms,
    member: Member,
    general: GeneralCode,
}

impl HeldCode<'_> {
    /// Declares its rows.
    fn keys(code: &CodeRef, ws: &WorkingSet, keys: &mut Keys) {
        code.keys(ws, keys);
        if let Some(code) = code.loaded(ws) {
            keys.members.insert(code.seq);
            keys.records.insert(GeneralCode::key(code.seq));
        }
    }

    /// # Errors
    ///
    /// 40056 and 40073 no such code or card; 40071 not a general card; 40056 given away, and 40127 deleted, expired,
    /// unavailable or being given away.
    fn find<'a>(code: &CodeRef, ws: &'a WorkingSet, now: Timestamp) -> Result<HeldCode<'a>> {
        let (code, card) = code.find(ws)?;
        let (Some(terms), Some(member)) = (card.terms.general, Member::of_code(ws, code, card)?) else {
            return Err(Error::field(ErrCode::InvalidCardType, "code", "does not belong to a general card"));
        };
        code.check_normal(&ws.app, card, now)?;
        let general = ws.find_record_of_new(&GeneralCode::key(code.seq), now)?.unwrap_or_default();
        Ok(HeldCode { code, card, terms, member, general })
    }
}
