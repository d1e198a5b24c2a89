//! Databases that do not match their address: each error says what is wrong and what to do.

use crate::place::Database;
use kaquan_store::{FailureKind, PostgresStore, StoreError};

fn refused(url: &str) -> StoreError {
    PostgresStore::open(url).expect_err("it opened")
}

/// The error for a schema after these statements.
fn after(database: &Database, sql: &str) -> StoreError {
    database.schema().execute(sql);
    refused(&database.schema().url())
}

#[test]
fn a_schema_that_is_not_of_kaquan_is_refused_and_left_alone() {
    for sql in
        ["CREATE TABLE orders (n INTEGER)", "CREATE TABLE accounts (n INTEGER); CREATE TABLE orders ()"]
    {
        let database = Database::empty();
        let error = after(&database, sql);
        assert_eq!(error.failure(), Some(FailureKind::WrongTables), "{error}");
        let said = error.to_string();
        assert!(said.contains("orders") && said.contains("other software"), "{said}");
        assert!(said.contains("empty schema in --database"), "{said}");
        let made = "SELECT count(*) FROM pg_class WHERE relname = 'codes' AND relnamespace = current_schema()::regnamespace";
        assert_eq!(database.schema().number(made), 0);
    }
    let database = Database::empty();
    let error = after(&database, "CREATE TABLE schema_version (name TEXT)");
    assert_eq!(error.failure(), Some(FailureKind::WrongTables), "{error}");
}

#[test]
fn a_schema_without_its_number_or_a_table_is_refused() {
    let database = Database::new();
    drop(database.open_postgres());
    let said = after(&database, "DELETE FROM schema_version").to_string();
    assert!(said.contains("schema_version is empty") && said.contains("Restore a backup"), "{said}");
    let said = after(&database, "INSERT INTO schema_version VALUES (999)").to_string();
    assert!(said.contains("schema 999") && said.contains("newer kaquan"), "{said}");
    let database = Database::new();
    drop(database.open_postgres());
    let error = after(&database, "DROP TABLE push_marks; DROP TABLE records");
    let said = error.to_string();
    assert!(said.contains("lacks records, push_marks") && said.contains("Restore a backup"), "{said}");
    assert_eq!(error.failure(), Some(FailureKind::WrongTables), "{error}");
}

#[test]
fn a_table_that_vanishes_or_may_not_be_read_is_a_failure_of_its_kind() {
    let database = Database::empty();
    let store = database.open_postgres();
    let schema = database.schema();
    let reader = schema.role("reader", "");
    let error = refused(reader.url());
    assert!(
        error.to_string().contains("search_path") || error.failure() == Some(FailureKind::NoRights),
        "{error}"
    );
    schema.execute(&format!("GRANT USAGE ON SCHEMA {} TO {}", schema.name(), reader.name()));
    let error = refused(reader.url());
    assert_eq!(error.failure(), Some(FailureKind::NoRights), "{error}");
    assert!(
        error.to_string().contains("permission denied") && error.to_string().contains("grant"),
        "{error}"
    );
    drop(reader);
    schema.execute("DROP TABLE accounts CASCADE");
    let error = store.accounts().unwrap_err();
    assert_eq!(error.failure(), Some(FailureKind::WrongTables), "{error}");
    let counted = store.failures().counts().find(|(kind, _)| *kind == FailureKind::WrongTables).unwrap().1;
    assert_eq!(counted, 1);
}

#[test]
fn a_wrong_database_address_is_refused_with_advice() {
    let database = Database::new();
    let url = database.schema().url();
    let without_schema = url.split('?').next().unwrap();
    let (server, _) = without_schema.rsplit_once('/').unwrap();
    let error = refused(&format!("{server}/no_such_database"));
    assert_eq!(error.failure(), Some(FailureKind::NoAccess), "{error}");
    assert!(
        error.to_string().contains("no_such_database") && error.to_string().contains("--database"),
        "{error}"
    );
    let error = refused(&kaquan_testkit::as_role(without_schema, "stranger"));
    assert_eq!(error.failure(), Some(FailureKind::NoAccess), "{error}");
    assert!(error.to_string().contains("user, password"), "{error}");
    for host in ["127.0.0.1:9", "no-such-host.invalid"] {
        let error = refused(&format!("postgres://kaquan@{host}/postgres"));
        assert_eq!(error.failure(), Some(FailureKind::Unreachable), "{error}");
        let said = error.to_string();
        assert!(said.contains(host) && said.contains("host and port in --database"), "{said}");
    }
    let said = refused(&format!("{without_schema}?options=-c%20search_path%3Dno_such_schema")).to_string();
    assert!(said.contains("search_path") && said.contains("create it"), "{said}");
    let said = refused("postgres://[").to_string();
    assert!(said.contains("--database"), "{said}");
}

#[test]
fn a_database_that_takes_no_writes_is_a_failure_of_its_kind() {
    let database = Database::new();
    drop(database.open_postgres());
    let url = database.schema().url_with_setting("default_transaction_read_only", "on");
    let store: Box<dyn kaquan_store::Store> = Box::new(PostgresStore::open(&url).unwrap());
    assert!(store.apps().unwrap().is_empty());
    let error = store.create_app(&crate::world::new_app("wx1")).unwrap_err();
    assert_eq!(error.failure(), Some(FailureKind::ReadOnly), "{error}");
    assert!(error.to_string().contains("primary server"), "{error}");
}
