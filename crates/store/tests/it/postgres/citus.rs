//! Tests only for databases on Citus, where tables are distributed. `cargo xtask test` runs these tests if
//! `KAQUAN_TEST_CITUS` names a coordinator.

use crate::former::{EXPECTED, QUESTION, ROWS};
use crate::place::{Database, Place};
use crate::world::{World, coupon};
use kaquan_core::id::EventSeq;
use kaquan_store::citus_statements;
use serde_json::json;

/// The number of the store's tables that are local.
const LOCAL: &str = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace \
    AND relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = pg_class.oid)";

#[test]
#[ignore = "needs a coordinator in KAQUAN_TEST_CITUS"]
fn tables_with_rows_are_distributed_and_keep_them() {
    let place = Database::empty();
    let mut world = World::at(&place);
    let id = world.create(coupon(json!({})));
    world.store.make_months(world.now.day()).unwrap();
    let codes = ["a", "b", "c"].map(|openid| world.claim(&id, openid));
    let before = world.store.events(world.app, EventSeq(0), 99).unwrap();
    assert!(place.schema().number(LOCAL) > 30);
    // The state after an upgrade that added tables.
    let statements = citus_statements();
    let statements: Vec<&str> = statements.lines().collect();
    place.schema().execute_each(&statements[..12]);
    for _ in 0..2 {
        place.schema().execute_each(&statements);
        assert_eq!(place.schema().number(LOCAL), 0);
    }
    let mut world = world.reopened(&place);
    assert_eq!(world.store.events(world.app, EventSeq(0), 99).unwrap(), before);
    world.consume(codes[0]);
    assert_eq!(world.card(&id).quantity, 9_997);
    assert_eq!(world.store.events(world.app, EventSeq(0), 99).unwrap().len(), before.len() + 1);
}

#[test]
#[ignore = "needs a coordinator in KAQUAN_TEST_CITUS"]
fn distributed_tables_are_migrated() {
    let place = Database::new();
    drop(place.open());
    place.schema().execute(ROWS);
    place.schema().execute("UPDATE schema_version SET version = 6");
    drop(place.open());
    let expected = EXPECTED.map(|line| format!("'{line}'")).join(", ");
    let kept = format!("SELECT count(*) FROM ({QUESTION}) AS lines WHERE line IN ({expected})");
    assert_eq!(place.schema().number(&kept), 12);
}
