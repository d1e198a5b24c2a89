//! A holder's answers before the merchant activates the card: `POST /card/membercard/activatetempinfo/get`. They are
//! stored under a ticket, which the holder takes to the merchant's page. WeChat manual: "创建会员卡" (member cards), jump
//! activation.

use super::answers::MemberInfo;
use crate::engine::{Keys, Query, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::time::{DAY_SECS, Timestamp};
use serde::{Deserialize, Serialize};

/// Seconds for which the merchant can get the answers, any number of times.
pub const TICKET_SECS: i64 = 30 * 60;
/// Seconds for which a ticket is stored, so that an expired ticket has another error than an unknown one.
pub const KEPT_SECS: i64 = DAY_SECS;

/// The answers that are stored under a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivateTicket {
    /// The answers.
    pub info: MemberInfo,
    /// When the ticket expires.
    pub expires_at: Timestamp,
}

impl Record for ActivateTicket {
    const KIND: RecordKind = RecordKind::ActivateTicket;
}

/// The record key of this ticket's answers.
pub fn ticket_key(ticket: &str) -> RecordKey {
    RecordKey::named::<ActivateTicket>(ticket)
}

/// Looks up the answers under a ticket.
///
/// # Errors
///
/// 72011 the app has no such ticket; 72012 the ticket has expired.
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
