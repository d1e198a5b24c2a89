//! Codes that the previous version stored with white space around them.

use crate::former::{EXPECTED, QUESTION, ROWS, WITHOUT_LATER};
use crate::place::{Database, Place};

#[test]
fn codes_of_the_version_before_lose_their_blanks() {
    let place = Database::empty();
    drop(place.open());
    place.schema().execute(WITHOUT_LATER);
    place.schema().execute(ROWS);
    place.schema().execute("UPDATE schema_version SET version = 6");
    drop(place.open());
    let expected = EXPECTED.map(|line| format!("'{line}'")).join(", ");
    let count = |filter: &str| format!("SELECT count(*) FROM ({QUESTION}) AS lines {filter}");
    assert_eq!(place.schema().number(&count("")), 12);
    assert_eq!(place.schema().number(&count(&format!("WHERE line IN ({expected})"))), 12);
}
