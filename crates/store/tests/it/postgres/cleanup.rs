//! Cleanup if one of the tables is missing.

use crate::place::Database;
use kaquan_core::time::Timestamp;

#[test]
fn a_step_of_the_cleanup_that_fails_leaves_the_others_to_do() {
    let place = Database::new();
    let store = place.open_postgres();
    place.schema().execute("INSERT INTO login_links (digest, account_id, expires_at) VALUES ('a', 1, 5)");
    place.schema().execute(
        "INSERT INTO known_browsers (digest, account_id, created_at, expires_at) VALUES ('a', 1, 1, 5)",
    );
    place.schema().execute("DROP TABLE sessions");
    let failed = store.drop_expired_sessions(Timestamp(5)).unwrap_err();
    assert!(failed.to_string().contains("sessions"), "{failed}");
    for table in ["login_links", "known_browsers"] {
        assert_eq!(place.schema().number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
}
