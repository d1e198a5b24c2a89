//! `cargo xtask browser`: tests the pages in a real Chromium. It installs Chromium, its driver, a font with Chinese
//! characters, and axe-core, and runs the tests in `crates/server/tests/browser`. It leaves pictures of every page in
//! the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::conformance::packages;
use crate::tally::Tally;
use crate::test::Engine;
use crate::{Result, host, process, test, workspace};

/// The version of axe-core, which searches for accessibility problems.
const AXE: &str = "axe-core@4.11.0";
/// The test target. Plain `cargo test` does not run it.
const TARGET: [&str; 5] = ["test", "--package", "kaquan-server", "--test", "browser"];

/// Runs the command. An argument selects the tests whose names contain it.
pub fn run(args: &[String]) -> Result<bool> {
    let mut tally = tests(ON_SQLITE, Engine::Sqlite, args)?;
    tally.add(tests(ON_POSTGRESQL, Engine::Postgres, args)?);
    println!("{tally}");
    Ok(tally.ok())
}

/// The name of the step on SQLite.
pub(crate) const ON_SQLITE: &str = "browser on SQLite";
/// The name of the step on PostgreSQL.
pub(crate) const ON_POSTGRESQL: &str = "browser on PostgreSQL";

/// Runs all tests on this engine and counts them.
pub(crate) fn check(step: &str, engine: Engine) -> Result<Tally> {
    tests(step, engine, &[])
}

fn tests(step: &str, engine: Engine, filter: &[String]) -> Result<Tally> {
    if let Err(missing) = engine.ensure() {
        return Ok(Tally::skip(step, &missing));
    }
    let axe = match prepare()? {
        Ok(axe) => axe,
        Err(missing) => return skipped(step, &missing),
    };
    let pictures = workspace::scratch()?.join("screenshots");
    let mut cargo = process::cargo(TARGET);
    cargo.arg("--").args(filter).env("KAQUAN_AXE", &axe).env("KAQUAN_SCREENSHOTS", &pictures);
    let tally = test::counted(engine.choose(&mut cargo))?;
    println!("pictures of the pages are in {}", pictures.display());
    Ok(tally)
}

/// Prepares the programs that the tests need. Returns the path of axe-core.
fn prepare() -> Result<std::result::Result<PathBuf, String>> {
    for need in [&host::CHROMIUM, &host::CHINESE_FONT, &host::NODE] {
        if let Err(missing) = host::ensure(need) {
            return Ok(Err(missing));
        }
    }
    let home = packages::filled(&workspace::scratch()?.join("npm").join("axe-core"), AXE, fetch)?;
    Ok(home.map(|home| home.join("node_modules/axe-core/axe.min.js")))
}

fn fetch(home: &Path) -> Result<std::result::Result<(), String>> {
    let mut npm = Command::new("npm");
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", "."]);
    let fetched = process::run(npm.arg(AXE).current_dir(home))?;
    Ok(if fetched { Ok(()) } else { Err(format!("npm does not install {AXE}")) })
}

/// Counts every test as skipped, with the reason.
fn skipped(step: &str, missing: &str) -> Result<Tally> {
    let mut names = Vec::new();
    let mut cargo = process::cargo(TARGET);
    process::read(cargo.args(["--", "--list"]), |line| {
        names.extend(line.strip_suffix(": test").map(str::to_owned));
    })?;
    let mut tally = Tally::default();
    for name in names {
        tally.add(Tally::skip(&format!("{step}: {name}"), missing));
    }
    Ok(tally)
}
