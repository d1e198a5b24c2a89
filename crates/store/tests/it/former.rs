//! Rows as previous versions stored them: codes with white space around them, and events without a store.

use kaquan_core::event::EventKind;
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::stats::ScannedEvent;
use kaquan_core::time::Day;
use kaquan_store::Store;

/// Codes of one app and card, in both tables. Two of them become the same code.
pub const ROWS: &str = "
    INSERT INTO custom_codes (app_id, card_no, code, kind, seq, place) VALUES
        (1, 1, ' A1', 2, 1, NULL), (1, 1, 'B1', 2, 2, NULL), (1, 1, 'B1 ', 2, 3, NULL), (1, 1, '\u{3000}C1\u{a0}', 2, 4, NULL),
        (1, 1, ' D1', 2, 5, NULL), (1, 1, 'D1 ', 2, 6, NULL), (1, 2, 'A1\t', 1, NULL, 0);
    INSERT INTO codes (app_id, seq, card_no, openid, custom, state, origin, claimed_at, window_at, changed_at) VALUES
        (1, 1, 1, 'o', ' A1', 1, 1, 0, 0, 0), (1, 2, 1, 'o', 'B1', 1, 1, 0, 0, 0), (1, 3, 1, 'o', 'B1 ', 1, 1, 0, 0, 0),
        (1, 4, 1, 'o', '\u{3000}C1\u{a0}', 1, 1, 0, 0, 0), (1, 7, 1, 'o', NULL, 1, 1, 0, 0, 0);";

/// Removes what the migrations after 0007 create, so that they can run again.
pub const WITHOUT_LATER: &str = "
    ALTER TABLE events DROP COLUMN location_id; ALTER TABLE events DROP COLUMN staff; DROP TABLE temporary_media;";

/// An event of the version before stores.
pub const CONSUME: &str = "
    INSERT INTO events (app_id, seq, day, kind, card_no, code_seq, openid, amount, amount2, at, detail) VALUES
        (1, 900, 20000, 12, 1, 1, 'o', 0, 0, 1728000000, 'till 3');";

/// The query for the rows after the migration.
pub const QUESTION: &str = "
    SELECT card_no || ':' || code || '=' || coalesce(seq, -1) AS line FROM custom_codes
    UNION ALL SELECT 'code ' || seq || ' ' || coalesce(custom, '-') FROM codes ORDER BY 1";

/// The expected rows.
pub const EXPECTED: [&str; 12] = [
    "1:A1=1",
    "1:B1 =3",
    "1:B1=2",
    "1:C1=4",
    "1:D1 =6",
    "1:D1=5",
    "2:A1=-1",
    "code 1 A1",
    "code 2 B1",
    "code 3 B1 ",
    "code 4 C1",
    "code 7 -",
];

/// Checks that the store has the event of [`CONSUME`], without a store.
pub fn has_the_consume(store: &dyn Store) {
    let found = store.event(AppId(1), EventSeq(900)).unwrap().expect("the event");
    assert_eq!((found.kind, found.location_id, found.staff), (EventKind::Consume, None, None));
    assert_eq!(found.detail.as_deref(), Some("till 3"));
    let mut scanned = 0;
    let visit = &mut |event: ScannedEvent<'_>| scanned += i32::from(event.location_id.is_none());
    store.scan_events(AppId(1), Day(20_000), EventSeq(1), EventSeq(999), visit).unwrap();
    assert_eq!(scanned, 1);
}
