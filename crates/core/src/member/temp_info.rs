//! The answers of a holder before the merchant activates the card: `POST /card/membercard/activatetempinfo/get`. It
//! waits under a ticket that goes to the merchant's page with the holder. WeChat manual: "创建会员卡" (member cards), jump
//! activation.

use super::answers::MemberInfo;
use crate::engine::{Keys, Query, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::time::{DAY_SECS, Timestamp};
use serde::{Deserialize, Serialize};

/// Seconds the answers can be asked for, as often as the merchant likes.
pub const TICKET_SECS: i64 = 30 * 60;
/// Seconds a ticket is stored, so that an expired ticket is distinguished from one that never existed.
pub const KEPT_SECS: i64 = DAY_SECS;

/// The answers that wait under a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivateTicket {
    /// The answers.
    pub info: MemberInfo,
    /// When they can no longer be asked for.
    pub expires_at: Timestamp,
}

impl Record for ActivateTicket {
    const KIND: RecordKind = RecordKind::ActivateTicket;
}

/// The key of this ticket's answers.
pub fn ticket_key(ticket: &str) -> RecordKey {
    RecordKey::named::<ActivateTicket>(ticket)
}

/// Looks the answers of a ticket up.
///
/// # Errors
///
/// 72011 no such ticket of this app; 72012 an expired ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTempInfo {
    pub ticket: String,
}

impl Query for GetTempInfo {
    type Reply = MemberInfo;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(ticket_key(&self.ticket));
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<MemberInfo> {
        let field = "activate_ticket";
        match ws.find_record::<ActivateTicket>(&ticket_key(&self.ticket), now)? {
            Some(waiting) if waiting.expires_at > now => Ok(waiting.info),
            Some(_) => Err(Error::field(ErrCode::ActivateTicketExpired, field, "is older than half an hour")),
            None => Err(Error::field(ErrCode::InvalidActivateTicket, field, "unknown ticket")),
        }
    }
}
