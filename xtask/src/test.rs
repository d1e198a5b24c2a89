//! `cargo xtask test`: runs all checks, the fastest first. After a failure, the later steps still run, so that one
//! run shows everything that must be fixed.

use std::process::Command;
use std::time::Instant;

use crate::tally::{Step, Tally, table};
use crate::{Result, browser, conformance, host, process, tidy};

type Run = fn() -> Result<Tally>;

/// The steps. Clippy compiles every target with warnings as errors. So the tests need no other flags, and share the
/// build cache with a plain `cargo test`.
const STEPS: [(&str, Run); 11] = [
    ("format", format),
    ("clippy", clippy),
    ("tidy", tidy::check),
    ("tests", tests),
    (WIRE_ON_SQLITE, || wire_tests(WIRE_ON_SQLITE, Engine::Sqlite)),
    (WIRE_ON_POSTGRESQL, || wire_tests(WIRE_ON_POSTGRESQL, Engine::Postgres)),
    (browser::ON_SQLITE, || browser::check(browser::ON_SQLITE, Engine::Sqlite)),
    (browser::ON_POSTGRESQL, || browser::check(browser::ON_POSTGRESQL, Engine::Postgres)),
    (ON_CITUS, tests_on_citus),
    ("documentation", documentation),
    ("conformance", || conformance::check(&conformance::Options::default())),
];

/// Runs the command.
pub fn run(args: &[String]) -> Result<bool> {
    crate::no_arguments(args)?;
    let begin = Instant::now();
    let mut steps = Vec::new();
    for (name, run) in STEPS {
        println!("\n=== {name} ===");
        let begin = Instant::now();
        let tally = run().unwrap_or_else(|error| {
            eprintln!("{name}: {error}");
            Tally::check(false)
        });
        let took = begin.elapsed();
        println!("--- {name}: {tally}, {:.1} s", took.as_secs_f64());
        steps.push(Step { name, tally, took });
    }
    println!("\n=== summary, {:.1} s ===\n{}", begin.elapsed().as_secs_f64(), table(&steps));
    let mut total = Tally::default();
    steps.into_iter().for_each(|step| total.add(step.tally));
    for line in &total.skipped {
        println!("skipped: {line}");
    }
    for line in &total.not_run {
        println!("not run: {line}");
    }
    println!("{total}");
    Ok(total.ok())
}

fn format() -> Result<Tally> {
    if let Err(missing) = host::ensure_component("fmt") {
        return Ok(Tally::skip("format", &missing));
    }
    Ok(Tally::check(process::run(&mut process::cargo(["fmt", "--all", "--check"]))?))
}

fn clippy() -> Result<Tally> {
    if let Err(missing) = host::ensure_component("clippy") {
        return Ok(Tally::skip("clippy", &missing));
    }
    let args = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    let all = process::run(&mut process::cargo(args))?;
    // Targets that a plain `cargo test` leaves out are also left out by `--all-targets`.
    let args = ["clippy", "--package", "kaquan-server", "--test", "browser", "--", "-D", "warnings"];
    Ok(Tally::check(all && process::run(&mut process::cargo(args))?))
}

fn documentation() -> Result<Tally> {
    let args = ["doc", "--workspace", "--no-deps", "--document-private-items"];
    Ok(Tally::check(process::run(process::cargo(args).env("RUSTDOCFLAGS", "-D warnings"))?))
}

/// The tests in the sources of the server. Its wire tests are separate steps.
const SERVER: [[&str; 5]; 2] = [
    ["test", "--package", "kaquan-server", "--no-fail-fast", "--lib"],
    ["test", "--package", "kaquan-server", "--no-fail-fast", "--doc"],
];
/// All tests of the other crates.
const OTHERS: [&str; 5] = ["test", "--workspace", "--exclude", "kaquan-server", "--no-fail-fast"];

fn tests() -> Result<Tally> {
    let mut tally = Tally::default();
    let mut others = process::cargo(OTHERS);
    if let Err(missing) = ensure_postgresql() {
        tally.add(leave_out_postgres(&mut others, &missing)?);
    }
    tally.add(counted(&mut others)?);
    for part in SERVER {
        tally.add(counted(&mut process::cargo(part))?);
    }
    Ok(tally)
}

const WIRE_ON_SQLITE: &str = "server wire tests on SQLite";
const WIRE_ON_POSTGRESQL: &str = "server wire tests on PostgreSQL";

fn wire_tests(step: &str, engine: Engine) -> Result<Tally> {
    if let Err(missing) = engine.ensure() {
        return Ok(Tally::skip(step, &missing));
    }
    let mut cargo = process::cargo(["test", "--package", "kaquan-server", "--test", "it"]);
    counted(engine.choose(&mut cargo))
}

const ON_CITUS: &str = "tests on Citus";

/// The suites on Citus: the contract of the store with the tests for Citus only, the ledger, the wire tests, copies,
/// and nodes.
const SUITES_ON_CITUS: [&[&str]; 5] = [
    &["--package", "kaquan-store", "--test", "it", "--", "--include-ignored", "postgres"],
    &["--package", "kaquan-ledger", "--test", "it"],
    &["--package", "kaquan-server", "--test", "it"],
    &["--package", "kaquan", "--test", "it", "--", "copy::", "nodes::jobs", "nodes::together"],
    // This suite runs alone, because it cuts connections.
    &["--package", "kaquan", "--test", "it", "--", "--ignored", "on_citus"],
];

/// Citus has no package, so only this step may be left out on a build machine.
fn tests_on_citus() -> Result<Tally> {
    if std::env::var_os(kaquan_testkit::COORDINATOR).is_none() {
        return Ok(Tally::leave_out(ON_CITUS, "KAQUAN_TEST_CITUS names no coordinator"));
    }
    let mut tally = Tally::default();
    for suite in SUITES_ON_CITUS {
        let mut cargo = process::cargo([&["test", "--no-fail-fast"], suite].concat());
        tally.add(counted(cargo.env(kaquan_testkit::STORE, "citus"))?);
    }
    Ok(tally)
}

/// The engine of the store a suite runs on.
#[derive(Clone, Copy)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// Installs what the engine needs, or returns what is missing.
    pub(crate) fn ensure(self) -> std::result::Result<(), String> {
        match self {
            Engine::Sqlite => Ok(()),
            Engine::Postgres => ensure_postgresql(),
        }
    }

    /// Sets the environment, so that this run of a suite uses the engine.
    pub(crate) fn choose(self, cargo: &mut Command) -> &mut Command {
        let name = match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        };
        cargo.env(kaquan_testkit::STORE, name)
    }
}

/// Installs PostgreSQL, unless an environment variable names a running server.
fn ensure_postgresql() -> std::result::Result<(), String> {
    if std::env::var_os(kaquan_testkit::SERVER).is_some() { Ok(()) } else { host::ensure(&host::POSTGRESQL) }
}

/// Runs a suite and counts its tests.
pub(crate) fn counted(cargo: &mut Command) -> Result<Tally> {
    let mut tally = Tally::default();
    let ok = process::run_lines(cargo, |line| tally.add(count(line)))?;
    if !ok && tally.ok() {
        // Something did not build, or a test binary ended before it printed its counts.
        tally.add(Tally::check(false));
    }
    Ok(tally)
}

/// Parts of the names of tests that need PostgreSQL. Tests that run on every store have the name of the store in
/// their own name or in their folder.
const ON_POSTGRESQL: [&str; 5] =
    ["postgres", "nodes::", "copy::a_merchant_moves", "copy::events_are_exported", "upgrade::a_database"];

/// Makes cargo leave out the tests that need PostgreSQL, and counts each of them by name.
fn leave_out_postgres(cargo: &mut Command, missing: &str) -> Result<Tally> {
    let needs_it = |name: &str| ON_POSTGRESQL.iter().any(|part| name.contains(part));
    let mut names = Vec::new();
    process::read(process::cargo(OTHERS).args(["--quiet", "--", "--list"]), |line| {
        names.extend(line.strip_suffix(": test").filter(|name| needs_it(name)).map(str::to_owned));
    })?;
    names.push("the tests of the ledger on PostgreSQL".to_owned());
    cargo.arg("--").args(ON_POSTGRESQL.iter().flat_map(|part| ["--skip", part]));
    cargo.env(kaquan_testkit::SERVER, "none");
    let mut tally = Tally::default();
    names.iter().for_each(|name| tally.add(Tally::skip(name, missing)));
    Ok(tally)
}

/// The tests in one line of the output of `cargo test`: a result line has counts, and a line of an ignored test has
/// its name. Tests that need Citus are a separate step.
fn count(line: &str) -> Tally {
    if let Some((name, reason)) = line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ignored"))
    {
        let skipped =
            if reason.contains(kaquan_testkit::COORDINATOR) { vec![] } else { vec![name.to_owned()] };
        return Tally { skipped, ..Tally::default() };
    }
    let Some(counts) = line.strip_prefix("test result: ") else { return Tally::default() };
    let number_of = |what: &str| {
        let words = counts.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect::<Vec<_>>();
        let at = words.iter().position(|word| *word == what);
        at.and_then(|at| words.get(at.checked_sub(1)?)).and_then(|word| word.parse().ok()).unwrap_or(0)
    };
    Tally { passed: number_of("passed"), failed: number_of("failed"), ..Tally::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_of_cargo_test_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(count(line), Tally { passed: 12, failed: 3, ..Tally::default() });
        let line =
            "test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.00s";
        assert_eq!(count(line), Tally { passed: 7, ..Tally::default() });
    }

    #[test]
    fn an_ignored_test_is_skipped_by_name() {
        let skipped = |name: &str| Tally { skipped: vec![name.to_owned()], ..Tally::default() };
        assert_eq!(count("test code::consume::twice ... ignored"), skipped("code::consume::twice"));
        assert_eq!(count("test src/lib.rs - (line 3) ... ignored"), skipped("src/lib.rs - (line 3)"));
    }

    #[test]
    fn a_test_that_needs_citus_is_left_to_the_step_on_citus() {
        let line = "test postgres::citus::moves ... ignored, needs a coordinator in KAQUAN_TEST_CITUS";
        assert_eq!(count(line), Tally::default());
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in ["running 3 tests", "test code::consume::once ... ok", "", "test result"] {
            assert_eq!(count(line), Tally::default());
        }
    }
}
