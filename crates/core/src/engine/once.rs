//! Requests that are done once: a caller who names a request by a key of its own and repeats it gets the first answer
//! again, and nothing happens a second time. The key, a digest of the request and the answer are written in the
//! transaction of the change itself, so that no crash comes between them. kaquan's own; WeChat has no such thing.

use super::audit::{Audit, AuditEntry};
use super::record::{Record, RecordKey, RecordKind};
use super::{Apply, Expected, Keys, Operation, Reply, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::time::{DAY_SECS, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Seconds an answer is kept for repetitions: seven days.
pub const ONCE_SECS: i64 = 7 * DAY_SECS;
/// Bytes an idempotency key may have.
pub const ONCE_KEY_MAX: usize = 255;

/// How a caller names a request that must be done once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// The caller's key.
    pub key: Arc<str>,
    /// Digest of the whole request, in hexadecimal.
    pub digest: Arc<str>,
}

/// An operation, perhaps to be done once.
///
/// Errors, in this order: 40097 when the key was used for another request; [`Error::changed`] when the state is not the
/// expected one; the operation's own. A refused request is not remembered:
/// it changed nothing, and may succeed later.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What to do.
    pub op: Operation,
    /// The caller's name for it.
    pub once: Option<Once>,
    /// The state it is based on.
    pub expected: Option<Expected>,
    /// What the audit log is told if it is done.
    pub audit: Option<Box<Audit>>,
}

impl Request {
    /// An operation and nothing more.
    pub fn of(op: impl Into<Operation>) -> Request {
        Request { op: op.into(), once: None, expected: None, audit: None }
    }
}

/// The reply to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered<R = Reply> {
    /// The operation's reply, now or when it was done first.
    pub reply: R,
    /// When the request was done first; `None` if it was done now.
    pub done_before: Option<Timestamp>,
}

impl<R> Answered<R> {
    /// The same answer with the reply turned into another type.
    ///
    /// # Errors
    /// Those of `turn`.
    pub fn try_map<S>(self, turn: impl FnOnce(R) -> Result<S>) -> Result<Answered<S>> {
        Ok(Answered { reply: turn(self.reply)?, done_before: self.done_before })
    }
}

/// Looks up whether a request was done before. It changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindOnce(pub Once);

/// The earlier use of an idempotency key.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierUse {
    /// When the request was done.
    pub at: Timestamp,
    /// The reply of then; `None` if the key named another request.
    pub reply: Option<Reply>,
}

impl Apply for FindOnce {
    type Reply = Option<EarlierUse>;

    fn keys(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(RecordKey::named::<Done>(&self.0.key));
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Option<EarlierUse>> {
        let found = self.0.find(ws, now)?;
        Ok(found
            .map(|(done, at)| EarlierUse { at, reply: (done.digest == self.0.digest).then_some(done.reply) }))
    }
}

impl Once {
    /// The stored response of this key, and when it was stored.
    fn find(&self, ws: &WorkingSet, now: Timestamp) -> Result<Option<(Done, Timestamp)>> {
        let stored = ws.records.get(&RecordKey::named::<Done>(&self.key))?;
        let Some(stored) = stored.filter(|record| record.is_alive(now)) else { return Ok(None) };
        let at = stored.expires_at.map_or(now, |end| end.plus(-ONCE_SECS));
        Ok(Some((stored.value()?, at)))
    }
}

/// What is remembered of a request.
#[derive(Debug, Serialize, Deserialize)]
struct Done {
    digest: Arc<str>,
    reply: Reply,
}

impl Record for Done {
    const KIND: RecordKind = RecordKind::Once;
}

impl Apply for Request {
    type Reply = Answered;

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        if let Some(once) = &self.once {
            keys.records.insert(RecordKey::named::<Done>(&once.key));
        }
        if self.audit.is_some() {
            keys.records.insert(AuditEntry::sequence());
        }
        if let Some(expected) = &self.expected {
            expected.keys(ws, keys);
        }
        self.op.keys(ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Answered> {
        let new = |reply| Answered { reply, done_before: None };
        let Some(once) = &self.once else { return self.apply_audited(ws, now).map(new) };
        match once.find(ws, now)? {
            Some((done, at)) if done.digest == once.digest => {
                Ok(Answered { reply: done.reply, done_before: Some(at) })
            }
            Some(_) => {
                Err(Error::field(ErrCode::InvalidArgs, "Idempotency-Key", "was used for another request"))
            }
            None => {
                let reply = self.apply_audited(ws, now)?;
                let done = Done { digest: once.digest.clone(), reply };
                let key = RecordKey::named::<Done>(&once.key);
                ws.put_record_until(key, &done, Some(now.plus(ONCE_SECS)))?;
                Ok(new(done.reply))
            }
        }
    }
}

impl Request {
    /// Applies the operation, and what is not refused is told to the audit log.
    fn apply_audited(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Reply> {
        self.expected.as_ref().map_or(Ok(()), |expected| expected.check(ws, now))?;
        let reply = self.op.apply(ws, now)?;
        if let Some(audit) = &self.audit {
            audit.append(ws, now)?;
        }
        Ok(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::claim::{Claim, Via};
    use crate::engine::testing::*;
    use crate::id::CardId;
    use serde_json::json;

    fn claim(card_id: &CardId, key: &str, digest: &str) -> Request {
        let claim = Claim::of(card_id.clone(), "o1".into(), Via::Server);
        Request { once: Some(Once { key: key.into(), digest: digest.into() }), ..Request::of(claim) }
    }

    #[test]
    fn a_request_that_is_repeated_is_answered_again_and_done_once() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"date_info": range(0, 2 * ONCE_SECS)})));
        let (first, at) = (world.run(claim(&card, "k", "d")).expect("a code"), world.now);
        assert_eq!(first.done_before, None);
        let after = world.clone();
        let repeated = Answered { done_before: Some(at), ..first.clone() };
        assert_eq!(world.run(claim(&card, "k", "d")), Ok(repeated.clone()));
        assert_eq!(world, after);
        assert_ne!(world.run(claim(&card, "other", "d")).expect("a code").reply, first.reply);
        world.pass(ONCE_SECS - 1);
        assert_eq!(world.run(claim(&card, "k", "d")), Ok(repeated), "the time of the first stays");
        world.pass(1);
        let later = world.run(claim(&card, "k", "d")).expect("another code");
        assert!(later.done_before.is_none() && later.reply != first.reply, "after seven days");
    }

    #[test]
    fn two_of_one_key_in_a_batch_are_one() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        let replies = world.batch(&[claim(&card, "k", "d"), claim(&card, "k", "d")]);
        let [Ok(first), Ok(second)] = &replies[..] else { panic!("two replies: {replies:?}") };
        assert_eq!(first.reply, second.reply);
        assert_eq!((first.done_before, second.done_before), (None, Some(world.now)));
        assert_eq!(world.card(&card).quantity, 99);
    }

    #[test]
    fn a_key_names_one_request_only() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        world.run(claim(&card, "k", "d")).expect("a code");
        assert_eq!(refusal(world.run(claim(&card, "k", "e"))), Some(ErrCode::InvalidArgs));
    }

    #[test]
    fn the_earlier_use_of_a_key_is_found_with_its_time() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        let find = |digest: &str| FindOnce(Once { key: "k".into(), digest: digest.into() });
        assert_eq!(world.ask(find("d")), Ok(None));
        let first = world.run(claim(&card, "k", "d")).expect("a code");
        let at = world.now;
        world.pass(60);
        assert_eq!(world.ask(find("d")), Ok(Some(EarlierUse { at, reply: Some(first.reply) })));
        assert_eq!(world.ask(find("e")), Ok(Some(EarlierUse { at, reply: None })));
    }

    #[test]
    fn a_refused_request_may_be_tried_again() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"sku": {"quantity": 1}})));
        world.claim(&card, "o9");
        assert_eq!(refusal(world.run(claim(&card, "k", "d"))), Some(ErrCode::StockOutOfLimit));
        let stock = crate::card::modify_stock::ModifyStock { card_id: card.clone(), increase: 1, reduce: 0 };
        world.run(stock).expect("stock");
        assert_eq!(refusal(world.run(claim(&card, "k", "d"))), None);
    }
}
