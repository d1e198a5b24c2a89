//! The audit log: who changed what in the console, from which address, and the values before and after. An entry is
//! committed in the transaction of its change. No operation changes or removes an entry. Native API.

use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet, sequence_key};
use crate::error::Result;
use crate::text::for_log;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// The longest account, address or action in the log, in bytes.
const NAME_BYTES: usize = 256;
/// The longest subject of an entry, in bytes. The longest real one is the address of a receiver.
const ABOUT_BYTES: usize = 1024;
/// The longest text in a value of an entry, in bytes. The longest real one is a text of a card.
const TEXT_BYTES: usize = 16 * 1024;
/// The longest value of an entry as JSON, in bytes.
const VALUE_BYTES: usize = 1024 * 1024;

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
    /// Appends an entry. Texts and values over their limits are cut, so that an entry never refuses its change.
    pub fn append(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let no = ws.next_no::<AuditEntry>()?;
        let entry = AuditEntry { at: now, audit: self.within_limits() };
        ws.put_record(RecordKey::numbered::<AuditEntry>(no), &entry)
    }

    /// The entry with each text and value within its limit.
    fn within_limits(&self) -> Audit {
        let name = |text: &str| for_log(text, NAME_BYTES).into();
        Audit {
            account: name(&self.account),
            address: name(&self.address),
            action: name(&self.action),
            about: for_log(&self.about, ABOUT_BYTES).into(),
            before: value_within_limits(&self.before),
            after: value_within_limits(&self.after),
        }
    }
}

fn value_within_limits(value: &Value) -> Value {
    let fit = texts_within_limits(value);
    let bytes = fit.to_string().len();
    if bytes > VALUE_BYTES { Value::from(format!("… {bytes} bytes")) } else { fit }
}

fn texts_within_limits(value: &Value) -> Value {
    match value {
        Value::String(text) => for_log(text, TEXT_BYTES).into(),
        Value::Array(values) => values.iter().map(texts_within_limits).collect(),
        Value::Object(members) => {
            let fit =
                members.iter().map(|(key, value)| (for_log(key, NAME_BYTES), texts_within_limits(value)));
            Value::Object(fit.collect())
        }
        other => other.clone(),
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

    /// The logged entry of a change that has `text` in all places.
    fn logged(text: &str) -> AuditEntry {
        let mut world = World::new();
        let shared = || std::sync::Arc::from(text);
        let value = json!({text: [text]});
        let audit = Audit {
            account: shared(),
            address: shared(),
            action: shared(),
            about: shared(),
            before: value.clone(),
            after: value,
        };
        world.run(NoteAudit(audit)).expect("a note");
        entries(&world).remove(0)
    }

    #[test]
    fn each_text_of_an_entry_has_a_limit() {
        for bytes in [NAME_BYTES, NAME_BYTES + 1, ABOUT_BYTES, ABOUT_BYTES + 1, TEXT_BYTES, TEXT_BYTES + 1] {
            let text = "x".repeat(bytes);
            let within = |max: usize| match bytes > max {
                true => format!("{}…", &text[..max - 3]),
                false => text.clone(),
            };
            let AuditEntry { audit, .. } = logged(&text);
            for text in [&audit.account, &audit.address, &audit.action] {
                assert_eq!(**text, *within(NAME_BYTES), "{bytes}");
            }
            assert_eq!(*audit.about, *within(ABOUT_BYTES), "{bytes}");
            for value in [&audit.before, &audit.after] {
                assert_eq!(*value, json!({within(NAME_BYTES): [within(TEXT_BYTES)]}), "{bytes}");
            }
        }
    }

    #[test]
    fn no_text_of_an_entry_has_a_control_character() {
        let AuditEntry { audit, .. } = logged("a\u{1b}[31m\u{0}b");
        let clean = "a\u{fffd}[31m\u{fffd}b";
        for text in [audit.account, audit.address, audit.action, audit.about] {
            assert_eq!(*text, *clean);
        }
        assert_eq!((audit.before, audit.after), (json!({clean: [clean]}), json!({clean: [clean]})));
    }

    #[test]
    fn a_value_that_is_too_large_is_replaced_by_its_size() {
        let mut world = World::new();
        let value = |texts: usize| Value::from(vec!["x".repeat(1021); texts]);
        // Each text has two quotation marks and a comma or bracket, and the list one bracket more.
        for (texts, fits) in [(1023, true), (1024, false)] {
            let before = value(texts);
            world.run(NoteAudit(Audit { before: before.clone(), ..audit() })).expect("a note");
            let kept = entries(&world).pop().expect("an entry").audit.before;
            assert_eq!(kept == before, fits, "{texts}");
            assert_eq!(kept == json!(format!("… {} bytes", before.to_string().len())), !fits, "{texts}");
        }
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
