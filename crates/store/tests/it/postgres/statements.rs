//! Every statement of this engine, checked without running it. PostgreSQL must be able to prepare it. It must name
//! the app, so that the tables can be distributed by app.

use crate::place::Database;
use kaquan_store::{PostgresStore, citus_statements};
use sqlparser::ast::{
    BinaryOperator, Expr, ObjectName, ObjectType, Statement, Value, visit_expressions, visit_relations,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Statements about rows of apps that do not name an app, with the reasons.
const OF_ALL_APPS: &[(&str, &str)] = &[
    ("LOG_ENDS", "a node reads the ends of all logs, to find changes whose notification was lost"),
    ("CALLBACKS", "a node looks for apps whose events no node pushes"),
    ("UPSTREAMS", "a node keeps the upstreams of all apps in memory, and reads them again after a change"),
    ("UNCLOSED_IN_MONTH", "a month is taken out of the log for all apps at once"),
    ("UNPUSHED_IN_MONTH", "a month is taken out of the log for all apps at once"),
];

/// Tables whose rows belong to no app. They are small, and every machine has a copy.
const OF_NO_APP: &[&str] = &[
    "apps",
    "accounts",
    "grants",
    "sessions",
    "login_links",
    "failed_logins",
    "known_browsers",
    "detached_months",
    "schema_version",
];

fn parse(sql: &str) -> Vec<Statement> {
    // The parser accepts one table here, but PostgreSQL accepts several.
    let sql = if sql.trim_start().starts_with("ANALYZE ") { "ANALYZE" } else { sql };
    Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap_or_else(|error| panic!("{error}: {sql}"))
}

fn tables(statement: &Statement) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    let _: ControlFlow<()> = visit_relations(statement, |name: &ObjectName| {
        tables.insert(name.to_string());
        ControlFlow::Continue(())
    });
    tables
}

fn is_app_id(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(name) => name.value == "app_id",
        Expr::CompoundIdentifier(names) => names.last().is_some_and(|name| name.value == "app_id"),
        _ => false,
    }
}

fn is_first_parameter(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(&value.value, Value::Placeholder(name) if name == "$1"))
}

/// Whether a statement is about one app: it compares `app_id` with its first parameter, or inserts the parameter as
/// `app_id`.
fn names_the_app(statement: &Statement) -> bool {
    let found = visit_expressions(statement, |expr: &Expr| match expr {
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right }
            if is_app_id(left) && is_first_parameter(right) =>
        {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    let inserts = match statement {
        Statement::Insert(insert) => {
            let first_column = insert.columns.first().is_some_and(|name| name.to_string() == "app_id");
            let source = insert.source.as_ref().map(ToString::to_string).unwrap_or_default();
            first_column && (source.starts_with("SELECT $1") || source.starts_with("VALUES ($1"))
        }
        _ => false,
    };
    found.is_break() || inserts
}

#[test]
fn every_statement_about_rows_of_apps_names_the_app() {
    let mut excused: BTreeSet<&str> = OF_ALL_APPS.iter().map(|(name, _)| *name).collect();
    for (name, sql) in PostgresStore::statements() {
        if sql.starts_with("LOCK TABLE") {
            continue;
        }
        for statement in parse(sql) {
            let of_apps = tables(&statement).iter().any(|table| !OF_NO_APP.contains(&table.as_str()));
            let of_apps = of_apps
                && !sql.contains("pg_advisory")
                && !sql.contains("pg_partition_tree")
                && !sql.contains("FROM unnest($2::text[]) payload")
                && !sql.contains("set_config")
                && !sql.contains("FROM pg_class");
            if of_apps && !names_the_app(&statement) {
                assert!(excused.remove(name), "{name} does not name the app: {sql}");
            }
        }
    }
    assert!(excused.is_empty(), "excused for nothing: {excused:?}");
}

#[test]
fn a_statement_without_the_app_is_noticed() {
    let about = |sql: &str| names_the_app(&parse(sql)[0]);
    assert!(about("SELECT 1 FROM codes WHERE app_id = $1 AND seq = $2"));
    assert!(about("INSERT INTO codes (app_id, seq) SELECT $1, * FROM unnest($2::bigint[])"));
    assert!(!about("SELECT 1 FROM codes WHERE seq = $1"));
    assert!(!about("UPDATE codes SET app_id = app_id WHERE seq = $1"));
    assert!(!about("INSERT INTO codes (seq, app_id) VALUES ($1, $2)"));
}

#[test]
fn postgresql_knows_every_statement() {
    let place = Database::new();
    drop(place.open_postgres());
    for (n, (name, sql)) in PostgresStore::statements().into_iter().enumerate() {
        if !sql.starts_with("LOCK TABLE") {
            place.schema().execute(&format!("PREPARE s{n} AS {sql}"));
        }
        let _ = name;
    }
}

#[test]
fn every_piece_of_a_migration_is_one_statement() {
    for statement in PostgresStore::migrations() {
        assert_eq!(parse(statement).len(), 1, "{statement}");
    }
}

/// The tables after all migrations, without those that are a part of another table.
fn tables_of_migrations() -> BTreeSet<String> {
    let mut tables = BTreeSet::from(["schema_version".to_owned()]);
    for statement in PostgresStore::migrations() {
        match &parse(statement)[0] {
            Statement::CreateTable(table) if !table.temporary && table.partition_of.is_none() => {
                tables.insert(table.name.to_string());
            }
            Statement::Drop { object_type: ObjectType::Table, names, .. } => {
                tables.retain(|table| names.iter().all(|name| name.to_string() != *table));
            }
            _ => {}
        }
    }
    tables
}

#[test]
fn every_table_of_the_migrations_is_distributed_once() {
    let printed = citus_statements();
    let mut listed: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("SELECT create_"))
        .map(|line| line.split('\'').nth(1).unwrap())
        .collect();
    listed.sort_unstable();
    assert_eq!(listed, Vec::from_iter(&tables_of_migrations()));
    let of_no_app =
        |table: &&str| !printed.contains(&format!("create_distributed_table('{table}', 'app_id'"));
    assert_eq!(
        listed.into_iter().filter(of_no_app).collect::<BTreeSet<_>>(),
        OF_NO_APP.iter().copied().collect(),
    );
}

#[test]
fn every_index_of_an_apps_table_begins_with_the_app() {
    let place = Database::new();
    drop(place.open_postgres());
    for table in tables_of_migrations().iter().filter(|table| !OF_NO_APP.contains(&table.as_str())) {
        let other = format!(
            "SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
             WHERE i.indrelid = '{table}'::regclass AND a.attname <> 'app_id'"
        );
        assert_eq!(place.schema().number(&other), 0, "an index of {table} begins with something else");
    }
}
