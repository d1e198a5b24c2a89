//! `cargo xtask browser`: the pages in a real Chromium. It sees to Chromium, its driver, a font with Chinese characters, and
//! axe-core, and runs the tests in `crates/server/tests/browser`. Pictures of every page are left in the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::conformance::packages;
use crate::tally::Tally;
use crate::{Result, host, process, test, workspace};

/// The version of axe-core that looks for what people with disabilities would stumble over.
const AXE: &str = "axe-core@4.11.0";
/// The test target; plain `cargo test` leaves it out.
const TARGET: [&str; 5] = ["test", "--package", "kaquan-server", "--test", "browser"];

/// Runs the command; an argument picks the tests whose name contains it.
pub fn run(args: &[String]) -> Result<bool> {
    let tally = tests(args)?;
    println!("{tally}");
    Ok(tally.ok())
}

/// Runs every test and counts them.
pub fn check() -> Result<Tally> {
    tests(&[])
}

fn tests(filter: &[String]) -> Result<Tally> {
    let axe = match prepare()? {
        Ok(axe) => axe,
        Err(missing) => return skipped(&missing),
    };
    let pictures = workspace::scratch()?.join("screenshots");
    let mut tally = Tally::default();
    for store in ["sqlite", "postgres"] {
        if store == "postgres"
            && let Err(missing) = host::ensure(&host::POSTGRESQL)
        {
            tally.add(Tally::skip("browser on PostgreSQL", &missing));
            continue;
        }
        let mut cargo = process::cargo(TARGET);
        cargo.arg("--").args(filter).env("KAQUAN_TEST_STORE", store);
        cargo.env("KAQUAN_AXE", &axe).env("KAQUAN_SCREENSHOTS", &pictures);
        let mut of_store = Tally::default();
        let ok = process::run_lines(&mut cargo, |line| of_store.add(test::count(line)))?;
        if !ok && of_store.ok() {
            of_store.add(Tally::check(false));
        }
        tally.add(of_store);
    }
    println!("pictures of the pages are in {}", pictures.display());
    Ok(tally)
}

/// What the tests need from the machine; answers where axe-core is.
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

/// Every test by its name, with why it cannot be run.
fn skipped(missing: &str) -> Result<Tally> {
    let mut names = Vec::new();
    let mut cargo = process::cargo(TARGET);
    process::read(cargo.args(["--", "--list"]), |line| {
        names.extend(line.strip_suffix(": test").map(str::to_owned));
    })?;
    let mut tally = Tally::default();
    for name in names {
        tally.add(Tally::skip(&format!("browser {name}"), missing));
    }
    Ok(tally)
}
