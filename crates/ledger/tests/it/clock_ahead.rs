//! Rows that a clock ahead of time left in the store are found and removed. The result equals a run with the right
//! clock.

use crate::fixture::{Fixture, START, day, everywhere, groupon, member_card, term};
use kaquan_core::code::Consume;
use kaquan_core::event::EventKind;
use kaquan_core::id::CodeSeq;
use kaquan_core::time::DAY_SECS;
use kaquan_store::AheadRows;

/// Eight days of claims, consumes and ends of windows. `noon` is called at noon of each day.
fn live(fixture: &Fixture, mut noon: impl FnMut(i64)) {
    let coupon = fixture.create("p1", groupon(100, term(3)));
    let member = fixture.create("p2", member_card(term(4)));
    for n in 0..8 {
        fixture.at(n * DAY_SECS);
        fixture.close();
        let code = fixture.claim(&coupon, &format!("o{n}"));
        fixture.claim(&coupon, "o0");
        fixture.claim(&member, &format!("o{n}"));
        noon(n);
        if n % 2 == 0 {
            fixture.at(n * DAY_SECS + 3600);
            fixture.run(Consume::of(code)).expect("valid");
        }
    }
    fixture.morning(9);
    fixture.close();
}

/// Does what an earlier version did with a clock that ran ahead: closes days and expires codes. Then the clock is
/// right again.
fn be_ahead(fixture: &Fixture, now: i64) {
    fixture.at(now + 40 * DAY_SECS);
    assert!(fixture.close() >= 40);
    fixture.at(now);
}

#[test]
fn days_and_expiries_of_a_clock_that_was_ahead_are_taken_back() {
    everywhere(|right| {
        live(&right, |_| ());
        let rows = right.rows();
        everywhere(|wrong| {
            live(&wrong, |n| {
                if n != 4 {
                    return;
                }
                let now = n * DAY_SECS + 60;
                be_ahead(&wrong, now);
                let now = START.plus(now);
                let found = wrong.store.rows_ahead(wrong.app, now).expect("found");
                assert_eq!(found.days, (4..44).map(day).collect::<Vec<_>>());
                assert!(found.latest.is_some() && found.sweeps == 2);
                let [(EventKind::Expire, expired, ..)] = found.events[..] else { panic!("{found:?}") };
                assert_eq!(expired, found.expired);
                let codes = wrong.store.expired_ahead(wrong.app, now, CodeSeq(0), 1000).expect("codes");
                assert!(codes.len() as u64 == expired && codes.iter().all(|code| code.end > now));
                assert_eq!(wrong.store.undo_ahead(wrong.app, now).expect("undone"), found);
                assert_eq!(wrong.store.rows_ahead(wrong.app, now).expect("none"), AheadRows::default());
                assert_eq!(wrong.happened(EventKind::ExpireUndone).len() as u64, expired);
            });
            assert_eq!(wrong.rows(), rows);
            assert_eq!(wrong.happened(EventKind::Consume), right.happened(EventKind::Consume));
        });
    });
}

#[test]
fn no_row_is_ahead_of_a_right_clock() {
    everywhere(|fixture| {
        live(&fixture, |_| ());
        let now = START.plus(9 * DAY_SECS);
        assert!(fixture.store.rows_ahead(fixture.app, now).expect("found").is_empty());
        let rows = fixture.rows();
        assert!(fixture.store.undo_ahead(fixture.app, now).expect("undone").is_empty());
        assert_eq!((fixture.rows(), fixture.close()), (rows, 0));
    });
}
