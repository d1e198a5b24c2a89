//! Closing days on time, late, twice, and again after an event was dated into a closed day. The rows must always
//! match the events, no matter when and how often a day is closed.

use crate::fixture::{Fixture, START, day, everywhere, groupon, member_card, term, until};
use kaquan_core::card::Source;
use kaquan_core::code::{Consume, DeleteCode, MakeUnavailable, View};
use kaquan_core::stats::{Counts, Scope};
use kaquan_core::time::DAY_SECS;
use kaquan_ledger::closing;

const COUPONS: Scope = Scope::Coupons(Source::Api);
const MEMBERS: Scope = Scope::Members(Source::Api);

/// Total of valid members on each of the days.
fn total_users(fixture: &Fixture, days: std::ops::Range<i32>) -> Vec<i64> {
    days.map(|days| fixture.counts(days, MEMBERS).total_user).collect()
}

#[test]
fn a_day_is_closed_after_it_ends_with_the_counts_of_its_events() {
    everywhere(|fixture| {
        let card = fixture.create("p1", groupon(10, until(90_000)));
        fixture.run(View { card_id: card.clone(), openid: "o1".into(), outer_str: None }).expect("seen");
        let code = fixture.claim(&card, "o1");
        fixture.claim(&card, "o1");
        assert_eq!(fixture.close(), 0, "today is not over");
        fixture.morning(1);
        assert_eq!((fixture.close(), fixture.close()), (1, 0));
        fixture.run(Consume::of(code)).expect("consumed");
        let first =
            Counts { view_cnt: 1, view_user: 1, receive_cnt: 2, receive_user: 1, ..Counts::default() };
        assert_eq!((fixture.counts(0, COUPONS), fixture.counts(1, COUPONS)), (first, Counts::default()));
        fixture.morning(2);
        assert_eq!(fixture.close(), 1);
        let second =
            Counts { verify_cnt: 1, verify_user: 1, expire_cnt: 1, expire_user: 1, ..Counts::default() };
        assert_eq!((fixture.counts(0, COUPONS), fixture.counts(1, COUPONS)), (first, second));
        assert_eq!(fixture.counts(1, Scope::Card(fixture.card(&card).no)), second);
    });
}

/// Five days of claims, members and ends of windows.
fn live(fixture: &Fixture, mut each_morning: impl FnMut()) {
    let coupon = fixture.create("p1", groupon(100, term(2)));
    let member = fixture.create("p2", member_card(term(3)));
    for n in 0..5 {
        fixture.at(i64::from(n) * DAY_SECS);
        each_morning();
        for holder in 0..=n {
            let code = fixture.claim(&coupon, &format!("o{holder}"));
            if holder % 2 == 0 {
                fixture.run(Consume::of(code)).expect("consumed");
            }
        }
        fixture.claim(&member, &format!("o{n}"));
    }
    fixture.morning(9);
    each_morning();
}

#[test]
fn days_closed_late_have_the_rows_of_days_closed_on_time() {
    everywhere(|late| {
        live(&late, || {});
        assert_eq!(late.close(), 9);
        let rows = late.rows();
        assert_eq!(total_users(&late, 0..9), [1, 2, 2, 2, 2, 1, 0, 0, 0]);
        everywhere(|on_time| {
            live(&on_time, || assert!(on_time.close() <= 5));
            assert_eq!(on_time.rows(), rows);
        });
    });
}

#[test]
fn closing_a_day_again_gives_the_same_rows() {
    everywhere(|fixture| {
        live(&fixture, || {});
        fixture.close();
        let rows = fixture.rows();
        for days in [3, 0, 8, 3] {
            closing::close_day(&*fixture.store, fixture.app, day(days)).expect("closed");
            assert_eq!(fixture.rows(), rows);
        }
        assert_eq!(fixture.close(), 0);
    });
}

#[test]
fn a_code_taken_away_between_its_end_and_the_sweep_counts_as_expired() {
    everywhere(|fixture| {
        let card = fixture.create("p1", groupon(10, until(1000)));
        let codes = ["o1", "o2", "o3"].map(|openid| fixture.claim(&card, openid));
        fixture.at(2000);
        fixture.run(DeleteCode { code: codes[0].clone(), openid: "o1".into() }).expect("deleted");
        fixture.run(MakeUnavailable { code: codes[1].clone(), reason: None }).expect("unavailable");
        fixture.morning(1);
        fixture.close();
        let counts = fixture.counts(0, COUPONS);
        assert_eq!((counts.expire_cnt, counts.expire_user), (3, 3));
    });
}

#[test]
fn members_are_members_again_from_the_day_their_card_was_widened() {
    everywhere(|fixture| {
        let card = fixture.create("p1", member_card(until(1000)));
        fixture.claim(&card, "o1");
        fixture.claim(&card, "o2");
        fixture.morning(1);
        fixture.close();
        fixture.at(2 * DAY_SECS);
        fixture.widen(&card, START.plus(4 * DAY_SECS));
        for days in 3..6 {
            fixture.morning(days);
            fixture.close();
        }
        assert_eq!(total_users(&fixture, 0..5), [0, 0, 2, 2, 0]);
        let expired: Vec<_> = (0..5).map(|days| fixture.counts(days, MEMBERS).expire_cnt).collect();
        assert_eq!(expired, [2, 0, 0, 0, 2]);
        let new: Vec<_> = (0..5).map(|days| fixture.counts(days, MEMBERS).new_user).collect();
        assert_eq!(new, [2, 0, 0, 0, 0], "who comes back is not new");
    });
}

#[test]
fn a_late_event_changes_its_closed_day_and_the_totals_after_it() {
    everywhere(|fixture| {
        let card = fixture.create("p1", member_card(until(9 * DAY_SECS)));
        let code = fixture.claim(&card, "o1");
        fixture.claim(&card, "o2");
        fixture.run(View { card_id: card.clone(), openid: "o2".into(), outer_str: None }).expect("seen");
        for days in 1..5 {
            fixture.morning(days);
            assert_eq!(fixture.close(), 1);
        }
        assert_eq!(total_users(&fixture, 0..4), [2, 2, 2, 2]);
        // The clock was ahead, and is set right.
        fixture.at(DAY_SECS);
        fixture.run(DeleteCode { code, openid: "o1".into() }).expect("deleted");
        fixture.morning(5);
        fixture.close();
        assert_eq!(total_users(&fixture, 0..5), [2, 1, 1, 1, 1]);
        let rows = fixture.rows();
        for days in 0..5 {
            closing::close_day(&*fixture.store, fixture.app, day(days)).expect("closed");
        }
        assert_eq!((fixture.rows(), fixture.close()), (rows, 0), "nothing was left as it had been");
    });
}

#[test]
fn an_end_that_comes_late_counts_on_the_day_of_the_end() {
    everywhere(|fixture| {
        let card = fixture.create("p1", groupon(10, until(DAY_SECS + 60)));
        fixture.claim(&card, "o1");
        fixture.morning(1);
        fixture.close();
        // The clock is ahead of the window's end for a moment, and the day of that end is closed meanwhile.
        closing::close_day(&*fixture.store, fixture.app, day(1)).expect("closed");
        assert_eq!(fixture.counts(1, COUPONS).expire_cnt, 0);
        fixture.morning(3);
        assert_eq!(
            (fixture.close(), fixture.close()),
            (2, 0),
            "the day before, and the one that was closed early"
        );
        assert_eq!([1, 2].map(|days| fixture.counts(days, COUPONS).expire_cnt), [1, 0]);
    });
}
