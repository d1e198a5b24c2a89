//! The audit log: who changed what in the console, from which address, and the values before and after. An entry is
//! committed in the transaction of its change. No operation changes or removes an entry. Native API.

use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet, sequence_key};
use crate::error::Result;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// A change, as the audit log describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// The name of the account.
    pub account: Arc<str>,
    /// The client address of the request.
    pub address: Arc<str>,
    /// The action: a stable name such as `card_update`.
    pub action: Arc<str>,
    /// The changed card, code or setting; empty if there is none.
    pub about: Arc<str>,
    /// The value before; `null` if there was none.
    pub before: Value,
    /// The requested value; `null` if the value is removed.
    pub after: Value,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The time of the change.
    pub at: Timestamp,
    /// The change.
    #[serde(flatten)]
    pub audit: Audit,
}

impl Record for AuditEntry {
    const KIND: RecordKind = RecordKind::AuditEntry;
}

impl AuditEntry {
    /// The record that a command with an audit entry must read.
    pub fn sequence() -> RecordKey {
        sequence_key::<AuditEntry>()
    }
}

impl Audit {
    /// Adds an entry to the log.
    pub fn append(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let no = ws.next_no::<AuditEntry>()?;
        let entry = AuditEntry { at: now, audit: self.clone() };
        ws.put_record(RecordKey::numbered::<AuditEntry>(no), &entry)
    }
}

/// Writes only an audit entry, for changes that are not operations, such as accounts and secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct NoteAudit(pub Audit);

impl Command for NoteAudit {
    type Reply = ();

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(AuditEntry::sequence());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        self.0.append(ws, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use crate::operation::{IdempotencyKey, Request};
    use serde_json::json;

    fn audit() -> Audit {
        Audit {
            account: "mei".into(),
            address: "203.0.113.7".into(),
            action: "stock".into(),
            about: "p1".into(),
            before: json!(1),
            after: json!({"increase": 1}),
        }
    }

    fn stock(card: &crate::id::CardId, increase: i64) -> Request {
        let op = crate::card::ModifyStock { card_id: card.clone(), increase, reduce: 0 };
        Request { audit: Some(Box::new(audit())), ..Request::of(op) }
    }

    fn entries(world: &World) -> Vec<AuditEntry> {
        let of_kind = world.records.iter().filter(|(key, _)| key.kind == RecordKind::AuditEntry);
        of_kind.map(|(_, record)| record.value().expect("an entry")).collect()
    }

    #[test]
    fn a_change_has_an_audit_entry_and_a_refusal_has_none() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        world.run(stock(&card, 5)).expect("more stock");
        let nowhere = "pNowhere".into();
        assert_eq!(refusal(world.run(stock(&nowhere, 5))), Some(ErrCode::InvalidCardId));
        world.run(NoteAudit(audit())).expect("a note");
        let expected = AuditEntry { at: world.now, audit: audit() };
        assert_eq!(entries(&world), [expected.clone(), expected]);
    }

    #[test]
    fn a_repeated_request_has_one_audit_entry() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        let once = IdempotencyKey { key: "k".into(), digest: "d".into() };
        let request = Request { once: Some(once), ..stock(&card, 5) };
        let replies = world.batch(&[request.clone(), request]);
        assert!(replies.iter().all(Result::is_ok));
        assert_eq!(entries(&world).len(), 1);
    }
}
