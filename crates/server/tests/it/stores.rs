//! The same suite on the other store. Whatever the wire promises it promises on every store, so the whole binary is run
//! again with PostgreSQL in place of SQLite.

use std::process::Command;

#[test]
fn the_suite_passes_on_postgresql_as_well() {
    run_on("postgres");
}

fn run_on(store: &str) {
    const STORE: &str = "KAQUAN_TEST_STORE";
    if std::env::var_os(STORE).is_some() {
        // This is that run, or one whose store was chosen by its caller.
        return;
    }
    let binary = std::env::current_exe().expect("a test binary has a path");
    let output = Command::new(binary).arg("--quiet").env(STORE, store).output().expect("it can be run again");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
