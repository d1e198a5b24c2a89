//! Schemas on Citus. Creating and dropping a schema takes seconds. So a finished test leaves its schema to the next
//! test, which empties it. The last schemas are not dropped: use a coordinator that is only for tests.

use crate::schema::{execute_each, in_schema, number};
use kaquan_store::{PostgresStore, citus_statements};
use std::sync::{Mutex, PoisonError};

/// Few shards, because each schema has all tables.
pub const OPTIONS: &str = "%20-c%20citus.shard_count%3D4";

static FREE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Creates the tables of a store and distributes them.
#[expect(clippy::expect_used, reason = "tests cannot go on without it")]
pub fn distribute(url: &str) {
    drop(PostgresStore::open(url).expect("a store"));
    let all = citus_statements();
    let create: Vec<&str> = all.lines().filter(|line| !line.contains("truncate_local_data")).collect();
    execute_each(url, &create);
}

/// The name of a schema that a finished test left, with its tables emptied. `None` if every schema is in use.
pub fn reuse(server: &str) -> Option<String> {
    let name = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
    let url = in_schema(server, &name);
    // This is faster than TRUNCATE, which creates new files for every shard.
    let delete: Vec<String> = tables().iter().map(|table| format!("DELETE FROM {table}")).collect();
    execute_each(&url, &delete.iter().map(String::as_str).collect::<Vec<_>>());
    number(&url, "SELECT setval(pg_get_serial_sequence('accounts', 'account_id'), 1, false)");
    Some(name)
}

/// Leaves a schema to the next test.
pub fn give_back(name: &str) {
    FREE.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
}

/// Every table except the one with the version.
fn tables() -> Vec<String> {
    let all = citus_statements();
    let table = |line: &str| line.strip_prefix("SELECT create_")?.split('\'').nth(1).map(str::to_owned);
    all.lines().filter_map(table).filter(|table| table != "schema_version").collect()
}
