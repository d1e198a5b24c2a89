//! Months of the log: created in advance, and detached after everything that is computed from them is stored.

use crate::place::Database;
use crate::world::{START, World, coupon};
use kaquan_core::id::EventSeq;
use kaquan_core::stats::{Counts, DayRow, Scope};
use kaquan_core::time::DAY_SECS;
use kaquan_store::Month;
use serde_json::json;

#[test]
fn a_closed_month_is_detached_and_the_reports_stay() {
    let place = Database::new();
    let mut world = World::at(&place);
    // The state before any month has a table.
    let id = world.create(coupon(json!({})));
    world.claim(&id, "a");
    let (day, month) = (START.day(), Month::of(START.day()));
    world.store.make_months(START.day()).unwrap();
    world.store.make_months(START.plus(40 * DAY_SECS).day()).unwrap();
    let months = world.store.months().unwrap().unwrap();
    assert_eq!(
        months.iter().map(Month::to_string).collect::<Vec<_>>(),
        ["2026-11", "2026-12", "2027-01", "2027-02", "2027-03"]
    );
    assert_eq!(place.schema().number("SELECT count(*) FROM events_other"), 0, "what was there has moved");
    let before = world.store.events(world.app, EventSeq(0), 99).unwrap();
    assert!(!before.is_empty());

    assert!(world.store.detach_month(month).unwrap_err().to_string().contains("not closed"));
    let row = DayRow { day, scope: Scope::Card(world.card(&id).no), counts: Counts::default() };
    world.store.save_day(world.app, day, before.len() as u64, std::slice::from_ref(&row)).unwrap();
    // A receiver that has not got one of the events yet.
    place.schema().execute(
        "INSERT INTO callbacks VALUES (1, 'http://a', 't', '', 1, '', 1, '', 0); \
         INSERT INTO push_marks VALUES (1, 1, 99, '', 0); INSERT INTO deliveries VALUES (1, 1, 1, 1, 0, 0, 0)",
    );
    assert!(world.store.detach_month(month).unwrap_err().to_string().contains("still to be pushed"));
    place.schema().execute("UPDATE deliveries SET state = 3");
    assert_eq!(world.store.detach_month(month).unwrap(), "events_2026_11");
    assert_eq!(world.store.events(world.app, EventSeq(0), 99).unwrap(), []);
    assert_eq!(world.store.day_rows(world.app, day, day, None).unwrap(), [row]);
    assert_eq!(place.schema().number("SELECT count(*) FROM events_2026_11"), before.len() as i64);

    // A month that an earlier version detached has no columns for the store and the staff.
    let exported = |world: &World| {
        let mut events = Vec::new();
        let visit = &mut |event| {
            events.push(event);
            Ok(())
        };
        world.store.export_events(world.app, day, day.plus(1), visit).unwrap();
        events
    };
    assert_eq!(exported(&world), before);
    place.schema().execute("ALTER TABLE events_2026_11 DROP COLUMN location_id, DROP COLUMN staff");
    assert_eq!(exported(&world), before);

    // The log continues. An event with a time in the detached month is kept, and does not reopen the month's days.
    world.claim(&id, "b");
    assert_eq!(world.store.events(world.app, EventSeq(0), 99).unwrap()[0].seq.0, before.len() as i64 + 1);
    assert_eq!(world.store.stale_days(world.app).unwrap(), []);
    world.store.make_months(START.day()).unwrap();
    assert!(!world.store.months().unwrap().unwrap().contains(&month), "it is not made again");
}
