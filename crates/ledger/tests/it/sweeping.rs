//! The expiry sweep. Every end of a window is in the log once, with the time of that end, however late and often the
//! sweep runs. Codes that can no longer expire are not read again.

use crate::fixture::{START, everywhere, groupon, member_card, term, until};
use kaquan_core::code::{Claim, Consume};
use kaquan_core::event::EventKind;
use kaquan_core::id::CodeSeq;
use kaquan_core::time::DAY_SECS;

#[test]
fn an_expiry_is_recorded_once_by_any_number_of_sweeps() {
    everywhere(|fixture| {
        let card = fixture.create("p1", groupon(10, until(1000)));
        let codes: Vec<_> = ["o1", "o2"].map(|openid| fixture.claim(&card, openid)).into();
        fixture.run(Consume::of(codes[0].clone())).expect("consumed");
        fixture.at(1000);
        assert_eq!(fixture.sweep(), 0, "the last second is still within");
        fixture.at(1001);
        assert_eq!((fixture.sweep(), fixture.sweep()), (1, 0));
        fixture.at(DAY_SECS);
        assert_eq!(fixture.sweep(), 0);
        assert_eq!(fixture.happened(EventKind::Expire), [START.plus(1000)]);
    });
}

#[test]
fn terms_end_one_after_another_and_settled_codes_are_not_looked_at_again() {
    everywhere(|fixture| {
        let card = fixture.create("p1", groupon(10, term(1)));
        for n in 0..3 {
            fixture.at(n * DAY_SECS);
            fixture.claim(&card, "o1");
        }
        fixture.morning(2);
        assert_eq!(fixture.sweep(), 2);
        let state = fixture.store.sweeps(fixture.app).expect("states")[0].1;
        let settled: Vec<CodeSeq> = fixture.codes(&card).iter().map(|code| code.seq).collect();
        assert_eq!(state.settled, settled[2], "the first that can still expire");
        fixture.morning(9);
        assert_eq!((fixture.sweep(), fixture.sweep()), (1, 0));
        let ends = [1, 2, 3].map(|days| crate::fixture::day(days).start().plus(-1));
        assert_eq!(fixture.happened(EventKind::Expire), ends);
    });
}

#[test]
fn a_term_that_begins_at_another_time_than_its_claim_ends_at_its_own() {
    everywhere(|fixture| {
        let mut date_info = term(1);
        date_info["fixed_begin_term"] = 5.into();
        let card = fixture.create("p1", groupon(10, date_info));
        let own = Claim { begin: Some(START.plus(-3600)), ..crate::fixture::claim(&card, "o1") };
        fixture.run(own).expect("a code");
        fixture.claim(&card, "o2");
        fixture.at(DAY_SECS - 3601);
        assert_eq!(fixture.sweep(), 0, "the last second is still within");
        fixture.at(DAY_SECS - 3600);
        assert_eq!((fixture.sweep(), fixture.sweep()), (1, 0));
        assert_eq!(fixture.happened(EventKind::Expire), [START.plus(DAY_SECS - 3601)]);
    });
}

#[test]
fn a_card_with_more_codes_than_one_read_takes_is_swept_to_its_end() {
    everywhere(|fixture| {
        let card = fixture.create("p1", groupon(5_000, until(1000)));
        let claims = (0..4_100).map(|n| crate::fixture::claim(&card, &format!("o{}", n % 90)));
        let pending: Vec<_> = claims
            .map(|claim| fixture.ledger.hand_in_blocking(fixture.app, claim).expect("a running ledger"))
            .collect();
        assert!(pending.into_iter().all(|pending| pending.wait().is_ok()));
        fixture.at(2000);
        assert_eq!((fixture.sweep(), fixture.sweep()), (4_100, 0));
    });
}

#[test]
fn codes_of_a_widened_card_come_back_in_the_log_and_end_again() {
    for member in [true, false] {
        everywhere(|fixture| {
            let document = if member { member_card(until(1000)) } else { groupon(10, until(1000)) };
            let card = fixture.create("p1", document);
            fixture.claim(&card, "o1");
            fixture.at(2000);
            assert_eq!(fixture.sweep(), 1);
            fixture.at(3000);
            fixture.widen(&card, START.plus(9000));
            fixture.at(4000);
            assert_eq!((fixture.sweep(), fixture.sweep()), (1, 0));
            fixture.at(9001);
            assert_eq!((fixture.sweep(), fixture.sweep()), (1, 0));
            assert_eq!(fixture.happened(EventKind::Revive), [START.plus(3000)], "member {member}");
            assert_eq!(fixture.happened(EventKind::Expire), [1000, 9000].map(|secs| START.plus(secs)));
        });
    }
}

#[test]
fn a_widened_card_without_an_earlier_sweep_is_not_swept() {
    everywhere(|fixture| {
        let card = fixture.create("p1", groupon(10, until(1000)));
        fixture.claim(&card, "o1");
        fixture.widen(&card, START.plus(9000));
        fixture.at(2000);
        assert_eq!(fixture.sweep(), 0);
        assert!(fixture.store.sweeps(fixture.app).expect("states").is_empty());
    });
}
