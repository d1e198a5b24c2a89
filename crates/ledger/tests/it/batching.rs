//! Which operations are committed together, and how each batch ends. The store asks the test before every commit. So
//! a test can let operations wait during one commit, refuse another commit, and check which callers have a reply.

use crate::fixture::{Fixture, START, claim, groupon, new_app, until};
use kaquan_core::card::{CardStatus, CreateCard, Source};
use kaquan_core::code::Claim;
use kaquan_core::engine::WorkingSet;
use kaquan_core::error::ErrCode;
use kaquan_core::id::{AppId, CardId};
use kaquan_core::operation::Reply;
use kaquan_core::time::DAY_SECS;
use kaquan_ledger::Pending;
use kaquan_store::{Result, StoreError};
use kaquan_testkit::faulty::{Faults, Faulty};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::Poll;

/// Reports the number of events of each commit, and waits for permission to run it.
struct Asking {
    commits: Sender<usize>,
    verdicts: Receiver<bool>,
}

impl Faults for Asking {
    fn before_commit(&mut self, sets: &[WorkingSet]) -> Result<()> {
        let events = sets.iter().map(|set| set.events.len()).sum();
        // After the test has ended, every commit may run.
        let _ = self.commits.send(events);
        if self.verdicts.recv().unwrap_or(true) { Ok(()) } else { Err(planned()) }
    }
}

fn planned() -> StoreError {
    StoreError::Damaged("a commit that was to fail".to_owned())
}

/// A ledger whose commits wait for the test, and a card.
struct BlockedLedger {
    fixture: Fixture,
    card: CardId,
    commits: Receiver<usize>,
    verdicts: Sender<bool>,
}

impl BlockedLedger {
    fn new(quantity: i64) -> BlockedLedger {
        let faulty = Faulty::default();
        let fixture = Fixture::faulty(&faulty);
        let card = fixture.create("pHot", groupon(quantity, until(DAY_SECS)));
        let ((commits, seen), (verdicts, asked)) = (channel(), channel());
        faulty.set_faults(Asking { commits, verdicts: asked });
        BlockedLedger { fixture, card, commits: seen, verdicts }
    }

    fn hand_in(&self, openid: &str) -> Pending {
        self.hand_in_to(self.fixture.app, claim(&self.card, openid))
    }

    fn hand_in_to(&self, app: AppId, op: impl Into<kaquan_core::operation::Operation>) -> Pending {
        self.fixture.ledger.hand_in_blocking(app, op).expect("a running ledger")
    }

    /// Waits for the next commit and returns how many events it has.
    fn next_commit(&self) -> usize {
        self.commits.recv().expect("a commit")
    }

    fn allow(&self, commit: bool) {
        self.verdicts.send(commit).expect("a ledger that waits");
    }

    /// Blocks the ledger with one claim until all other operations are submitted.
    fn gather(&self, hand_in: impl FnOnce(&BlockedLedger) -> Vec<Pending>) -> Vec<Pending> {
        let first = self.hand_in("first");
        assert_eq!(self.next_commit(), 1);
        let rest = hand_in(self);
        self.allow(true);
        first.wait().expect("a code");
        rest
    }
}

fn errcodes(pending: Vec<Pending>) -> Vec<Option<ErrCode>> {
    pending.into_iter().map(|pending| pending.wait().err().map(|error| error.code)).collect()
}

#[test]
fn no_operation_is_answered_before_the_commit() {
    let held = BlockedLedger::new(10);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let mut answer = pin!(held.fixture.ledger.submit(held.fixture.app, claim(&held.card, "o1")));
        let mut poll = async || poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await;
        assert!(poll().await.is_pending(), "handed in");
        assert_eq!(held.next_commit(), 1);
        assert!(poll().await.is_pending(), "applied and not committed");
        assert!(held.fixture.codes(&held.card).is_empty());
        held.allow(true);
        let claimed = answer.await.expect("a code");
        assert_eq!(held.fixture.codes(&held.card)[0].seq, claimed.seq, "what is answered is in the store");
    });
}

#[test]
fn operations_that_gather_are_committed_as_one() {
    let held = BlockedLedger::new(10);
    let before = held.fixture.ledger.stats().batches();
    let rest = held.gather(|held| ["o1", "o2", "o3"].map(|openid| held.hand_in(openid)).into());
    assert_eq!(held.next_commit(), 3);
    held.allow(true);
    assert_eq!(errcodes(rest), [None, None, None]);
    assert_eq!(held.fixture.ledger.stats().batches(), before + 2);
    assert_eq!(held.fixture.ledger.stats().retried(), 0);
}

#[test]
fn a_batch_that_cannot_be_committed_falls_apart_and_is_done_one_by_one() {
    let held = BlockedLedger::new(3);
    let rest = held.gather(|held| ["o1", "o2", "o3"].map(|openid| held.hand_in(openid)).into());
    assert_eq!(held.next_commit(), 2, "the third finds no stock and leaves no event");
    held.allow(false);
    for _ in 0..2 {
        assert_eq!(held.next_commit(), 1);
        held.allow(true);
    }
    assert_eq!(errcodes(rest), [None, None, Some(ErrCode::StockOutOfLimit)]);
    assert_eq!(held.fixture.ledger.stats().retried(), 1);
    assert_eq!((held.fixture.card(&held.card).quantity, held.fixture.codes(&held.card).len()), (0, 3));
}

#[test]
fn an_operation_that_fails_alone_too_leaves_no_trace_and_may_be_repeated() {
    let held = BlockedLedger::new(10);
    let failing = held.hand_in("o1");
    for _ in 0..2 {
        assert_eq!(held.next_commit(), 1);
        held.allow(false);
    }
    assert_eq!(errcodes(vec![failing]), [Some(ErrCode::SystemError)]);
    assert_eq!((held.fixture.card(&held.card).quantity, held.fixture.codes(&held.card).len()), (10, 0));
    let again = held.hand_in("o1");
    assert_eq!(held.next_commit(), 1);
    held.allow(true);
    assert_eq!(errcodes(vec![again]), [None]);
}

/// Fails every commit with an event of one holder.
struct Against(&'static str);

impl Faults for Against {
    fn before_commit(&mut self, sets: &[WorkingSet]) -> Result<()> {
        let mut events = sets.iter().flat_map(|set| &set.events);
        let hit = events.any(|event| event.openid.as_ref().is_some_and(|openid| openid.as_str() == self.0));
        if hit { Err(planned()) } else { Ok(()) }
    }
}

#[test]
fn one_bad_operation_does_not_fail_its_neighbours() {
    let faulty = Faulty::default();
    let fixture = Fixture::faulty(&faulty);
    let card = fixture.create("pHot", groupon(100, until(DAY_SECS)));
    faulty.set_faults(Against("bad"));
    let openids = ["o1", "bad", "o2", "bad", "o3", "o4"];
    let hand_in = |openid| fixture.ledger.hand_in_blocking(fixture.app, claim(&card, openid));
    let answers = errcodes(openids.map(|openid| hand_in(openid).expect("a running ledger")).into());
    let expected = openids.map(|openid| (openid == "bad").then_some(ErrCode::SystemError));
    assert_eq!(answers, expected);
    assert_eq!((fixture.card(&card).quantity, fixture.codes(&card).len()), (96, 4));
}

#[test]
fn an_operation_that_needs_rows_made_in_its_own_batch_is_done_alone() {
    let held = BlockedLedger::new(10);
    let made = CardId::from("pMade");
    let rest = held.gather(|held| {
        let mut card = groupon(5, until(DAY_SECS));
        card["groupon"]["base_info"]["get_limit"] = 1.into();
        let card = card.as_object().cloned().expect("an object");
        let create = CreateCard { card_id: made.clone(), source: Source::Api, card };
        let claim_made = Claim { card_id: made.clone(), ..claim(&held.card, "o1") };
        vec![
            held.hand_in_to(held.fixture.app, create),
            held.hand_in_to(held.fixture.app, claim_made.clone()),
            // The check of `get_limit` needs a count of claims. No operation can declare this read before the card
            // exists.
            held.hand_in_to(held.fixture.app, claim_made),
            held.hand_in("o2"),
        ]
    });
    for events in [2, 1, 1] {
        assert_eq!(held.next_commit(), events);
        held.allow(true);
    }
    assert_eq!(errcodes(rest), [None, None, Some(ErrCode::GetLimitReached), None]);
    assert_eq!(held.fixture.card(&made).quantity, 4);
}

#[test]
fn apps_share_a_commit_and_an_unknown_app_spoils_nothing() {
    let held = BlockedLedger::new(10);
    let other = held.fixture.store.create_app(&new_app("wx2")).expect("an app").app.id;
    let rest = held.gather(|held| {
        vec![
            held.hand_in("o1"),
            held.hand_in_to(other, claim(&held.card, "o2")),
            held.hand_in_to(AppId(99), claim(&held.card, "o3")),
            held.hand_in("o4"),
        ]
    });
    assert_eq!(held.next_commit(), 2);
    held.allow(true);
    let expected = [None, Some(ErrCode::InvalidCardId), Some(ErrCode::InvalidAppid), None];
    assert_eq!(errcodes(rest), expected, "a card of another app is no card");
}

#[test]
fn a_stopping_ledger_answers_queued_operations_and_refuses_new_ones() {
    let mut held = BlockedLedger::new(1000);
    let ledger = held.fixture.ledger.clone();
    let rest = held.gather(|held| {
        let rest = (0..200).map(|n| held.hand_in(&format!("o{n}"))).collect();
        held.fixture.ledger.stop();
        rest
    });
    drop(std::mem::replace(&mut held.verdicts, channel().0));
    assert!(errcodes(rest).iter().all(Option::is_none));
    held.fixture.join();
    let late = ledger.submit_blocking(held.fixture.app, claim(&held.card, "late"));
    assert_eq!(late.map_err(|error| error.code), Err(ErrCode::SystemError));
    assert_eq!(held.fixture.codes(&held.card).len(), 201);
}

#[test]
fn a_caller_that_went_away_does_not_take_its_operation_along() {
    let held = BlockedLedger::new(10);
    let rest = held.gather(|held| {
        drop(held.hand_in("gone"));
        vec![held.hand_in("o1")]
    });
    assert_eq!(held.next_commit(), 2);
    held.allow(true);
    assert_eq!(errcodes(rest), [None]);
    assert_eq!(held.fixture.codes(&held.card).len(), 3);
}

#[test]
fn time_does_not_run_backwards_for_a_clock_set_back_a_little() {
    let fixture = Fixture::in_a_folder();
    let card = fixture.create("pHot", groupon(10, until(DAY_SECS)));
    for (secs, expected) in [(100, 100), (40, 100), (-5_000, -5_000)] {
        fixture.at(secs);
        let code = fixture.claim(&card, "o1");
        let claimed = fixture.codes(&card).into_iter().find(|it| Some(it.seq) == code.seq).expect("the code");
        assert_eq!(claimed.claimed_at, START.plus(expected), "clock at {secs}");
    }
}

#[test]
fn every_operation_is_answered_with_its_own_reply() {
    let held = BlockedLedger::new(10);
    let rest = held.gather(|held| vec![held.hand_in("o1"), held.hand_in("o2")]);
    assert_eq!(held.next_commit(), 2);
    held.allow(true);
    let seqs: Vec<_> = rest
        .into_iter()
        .map(|pending| match pending.wait() {
            Ok(Reply::Claim(claimed)) => claimed.seq,
            other => panic!("{other:?}"),
        })
        .collect();
    let codes = held.fixture.codes(&held.card);
    let holder = |seq| codes.iter().find(|code| code.seq == seq).map(|code| code.openid.to_string());
    assert_eq!(seqs.into_iter().map(holder).collect::<Vec<_>>(), [Some("o1".into()), Some("o2".into())]);
    assert_eq!(held.fixture.card(&held.card).status, CardStatus::VerifyOk);
}
