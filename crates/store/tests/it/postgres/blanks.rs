//! Rows of previous versions: codes with white space around them, and events without a store.

use crate::former::{CONSUME, EXPECTED, QUESTION, ROWS, WITHOUT_LATER};
use crate::place::{Database, Place};
use crate::world::World;

#[test]
fn codes_of_the_version_before_lose_their_blanks() {
    let place = Database::empty();
    drop(place.open());
    place.schema().execute(ROWS);
    place.schema().execute(WITHOUT_LATER);
    place.schema().execute("UPDATE schema_version SET version = 6");
    drop(place.open());
    let expected = EXPECTED.map(|line| format!("'{line}'")).join(", ");
    let count = |filter: &str| format!("SELECT count(*) FROM ({QUESTION}) AS lines {filter}");
    assert_eq!(place.schema().number(&count("")), 12);
    assert_eq!(place.schema().number(&count(&format!("WHERE line IN ({expected})"))), 12);
}

#[test]
fn a_consume_of_the_version_before_stores_is_read() {
    let place = Database::new();
    drop(World::at(&place));
    place.schema().execute(WITHOUT_LATER);
    place.schema().execute(CONSUME);
    place.schema().execute("UPDATE schema_version SET version = 7");
    crate::former::has_the_consume(&*place.open());
}
