//! `kaquan bench` in a small form: every load runs, reports its numbers, and finds its results exact. The speed is
//! not tested.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside of any test function")]

use serde_json::Value;
use std::process::Command;

/// Runs loads on a temporary folder. Returns one result per load.
fn bench(args: &[&str]) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_kaquan"))
        .args(["bench", "--json", "--log", "error", "--data"])
        .arg(dir.path())
        .args(args)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "something is left behind");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn one(args: &[&str]) -> Value {
    let mut results = bench(args);
    assert_eq!(results.len(), 1);
    results.pop().unwrap()
}

fn positive(result: &Value, names: &[&str]) {
    for name in names {
        assert!(result[name].as_f64().is_some_and(|number| number > 0.0), "{name} in {result}");
    }
}

#[test]
fn claims_are_counted_exactly_and_compared_with_the_ceiling() {
    let result = one(&["claim", "--seconds", "1", "--connections", "8"]);
    assert_eq!(result["load"], "claim");
    assert_eq!(result["connections"], 8);
    assert_eq!((&result["refused"], &result["exact"]), (&0.into(), &true.into()));
    assert_eq!(result["durability"], "full");
    positive(&result, &["seconds", "claims", "claims_per_s", "ceiling_per_s", "ratio", "p50_ms", "p99_ms"]);
    positive(&result, &["server_workers"]);
    // Every confirmed claim exists, also after the server was killed.
    assert_eq!(result["taken_from_stock"], result["claims"]);
    assert_eq!(result["taken_after_kill"], result["claims"]);
}

#[test]
fn claims_of_many_cards_are_exact_without_flushing_too() {
    let args = ["claim-many", "--seconds", "1", "--connections", "8", "--cards", "20"];
    let result = one(&[&args[..], &["--durability", "normal", "--workers", "1"]].concat());
    assert_eq!((&result["cards"], &result["exact"]), (&20.into(), &true.into()));
    assert_eq!((&result["durability"], &result["server_workers"]), (&"normal".into(), &1.into()));
}

#[test]
fn the_consume_and_update_loads_are_exact() {
    for (load, count) in [("consume", "consumes"), ("update", "updates")] {
        let result = one(&[load, "--seconds", "1", "--connections", "8"]);
        assert_eq!((&result["load"], &result["exact"]), (&load.into(), &true.into()));
        positive(&result, &[count]);
    }
}

#[test]
fn reports_count_every_view_of_sixty_two_days() {
    let result = one(&["report", "--seconds", "1", "--connections", "4"]);
    assert_eq!((&result["days"], &result["exact"]), (&62.into(), &true.into()));
    positive(&result, &["reports", "all_cards_rows"]);
}

#[test]
fn after_an_outage_every_event_arrives_and_few_rows_were_left() {
    let result = one(&["push", "--seconds", "1"]);
    assert_eq!(result["exact"], true, "{result}");
    assert!(result["outage_rows"].as_u64().is_some_and(|rows| (1..100).contains(&rows)), "{result}");
}

#[test]
fn a_closed_day_has_exactly_the_numbers_of_its_events() {
    let result = one(&["close", "--events", "20000"]);
    assert_eq!(result["exact"], true, "{result}");
    assert!(result["events"].as_u64().unwrap() >= 20_000);
    positive(&result, &["events_per_s", "seconds"]);
}

#[test]
fn a_load_that_needs_its_own_folder_is_not_run_elsewhere() {
    let output = Command::new(env!("CARGO_BIN_EXE_kaquan"))
        .args(["bench", "close", "--base-url", "http://127.0.0.1:1", "--appid", "wx1", "--secret", "s"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--base-url"));
}

#[test]
fn a_neighbour_is_measured_alone_and_under_each_attack() {
    let result = one(&["fair", "--seconds", "1", "--events", "2000"]);
    assert_eq!(
        (&result["load"], &result["exact"], &result["refused"]),
        (&"fair".into(), &true.into(), &0.into())
    );
    positive(&result, &["claims", "connections", "events"]);
    for attack in ["signatures", "searches", "streams", "pages", "reports", "imports", "deposits"] {
        positive(&result[attack], &["alone_p50_ms", "attacked_p50_ms", "p50_ratio", "connections"]);
        assert_eq!(result[attack]["p50_ratios"].as_array().map(Vec::len), Some(5), "{result}");
    }
}

#[test]
fn a_neighbour_is_measured_on_a_database_of_which_nothing_is_left() {
    let schema = kaquan_testkit::Schema::empty();
    let url = schema.url();
    // The address of the database alone: the benchmark makes its own schema.
    let url = &url[..url.find("options=").unwrap() - 1];
    let output = Command::new(env!("CARGO_BIN_EXE_kaquan"))
        .args(["bench", "fair", "--json", "--log", "error", "--seconds", "1", "--events", "2000"])
        .env("KAQUAN_DATABASE", url)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&result["exact"], &result["refused"]), (&true.into(), &0.into()), "{result}");
    assert_eq!(result["durability"], Value::Null);
    let left = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'kaquan_bench_%'";
    assert_eq!(kaquan_testkit::number(url, left), 0);
}
