//! A request: an operation with an optional idempotency key, expected state and audit entry. The ledger runs
//! requests. All parts of a request are committed in one transaction.

use super::audit::{Audit, AuditEntry};
use super::{EarlierUse, Expectation, IdempotencyKey, Operation, Reply};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::time::Timestamp;

/// An operation with the additional parts of a request.
///
/// # Errors
///
/// In this order: 40097 the key was used for another request; [`Error::changed`] the state is not the expected one;
/// the operation's own errors. If a request is refused, its key is not stored, because a repeated request may
/// succeed.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub op: Operation,
    /// The idempotency key, if the request must be done only once.
    pub once: Option<IdempotencyKey>,
    /// The expected state.
    pub expected: Option<Expectation>,
    /// The audit entry, which is written if the operation succeeds.
    pub audit: Option<Box<Audit>>,
}

impl Request {
    /// A request with only an operation.
    pub fn of(op: impl Into<Operation>) -> Request {
        Request { op: op.into(), once: None, expected: None, audit: None }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct RequestOutcome<R = Reply> {
    /// The reply of the operation: now, or when it was first done.
    pub reply: R,
    /// When the request was first done; `None` if it was done now.
    pub done_before: Option<Timestamp>,
}

impl<R> RequestOutcome<R> {
    /// The same outcome, with the reply converted by `turn`.
    ///
    /// # Errors
    /// The errors of `turn`.
    pub fn try_map<S>(self, turn: impl FnOnce(R) -> Result<S>) -> Result<RequestOutcome<S>> {
        Ok(RequestOutcome { reply: turn(self.reply)?, done_before: self.done_before })
    }
}

impl Command for Request {
    type Reply = RequestOutcome;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        if let Some(once) = &self.once {
            keys.records.insert(once.record());
        }
        if self.audit.is_some() {
            keys.records.insert(AuditEntry::sequence());
        }
        if let Some(expected) = &self.expected {
            expected.reads(ws, keys);
        }
        self.op.reads(ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<RequestOutcome> {
        let new = |reply| RequestOutcome { reply, done_before: None };
        let Some(once) = &self.once else { return self.apply_checked(ws, now).map(new) };
        match once.find(ws, now)? {
            Some(EarlierUse { at, reply: Some(reply) }) => {
                Ok(RequestOutcome { reply, done_before: Some(at) })
            }
            Some(EarlierUse { reply: None, .. }) => {
                Err(Error::field(ErrCode::InvalidArgs, "Idempotency-Key", "was used for another request"))
            }
            None => {
                let reply = self.apply_checked(ws, now)?;
                once.store(ws, &reply, now)?;
                Ok(new(reply))
            }
        }
    }
}

impl Request {
    /// Checks the state, applies the operation and writes the audit entry.
    fn apply_checked(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Reply> {
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
    use crate::operation::{FindEarlierUse, RESPONSE_SECS};
    use serde_json::json;

    fn claim(card_id: &CardId, key: &str, digest: &str) -> Request {
        let claim = Claim::of(card_id.clone(), "o1".into(), Via::Server);
        Request {
            once: Some(IdempotencyKey { key: key.into(), digest: digest.into() }),
            ..Request::of(claim)
        }
    }

    #[test]
    fn a_request_that_is_repeated_is_answered_again_and_done_once() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"date_info": range(0, 2 * RESPONSE_SECS)})));
        let (first, at) = (world.run(claim(&card, "k", "d")).expect("a code"), world.now);
        assert_eq!(first.done_before, None);
        let after = world.clone();
        let repeated = RequestOutcome { done_before: Some(at), ..first.clone() };
        assert_eq!(world.run(claim(&card, "k", "d")), Ok(repeated.clone()));
        assert_eq!(world, after);
        assert_ne!(world.run(claim(&card, "other", "d")).expect("a code").reply, first.reply);
        world.pass(RESPONSE_SECS - 1);
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
        let find = |digest: &str| FindEarlierUse(IdempotencyKey { key: "k".into(), digest: digest.into() });
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
        let stock = crate::card::ModifyStock { card_id: card.clone(), increase: 1, reduce: 0 };
        world.run(stock).expect("stock");
        assert_eq!(refusal(world.run(claim(&card, "k", "d"))), None);
    }
}
