//! Suites in JavaScript: Node with exactly the packages in `package-lock.json`, and Node's own test runner. The
//! packages are stored under cargo's target folder and fetched again when the list or the version of Node changes.

use std::path::Path;
use std::process::Command;

use super::{Found, packages};
use crate::{Result, host, process};

const PINS: [&str; 2] = ["package.json", "package-lock.json"];

/// The command that runs the suite in the folder: `main.js`, with its packages.
pub fn command(folder: &Path) -> Result<Found> {
    if !PINS.iter().all(|name| folder.join(name).is_file()) {
        return Ok(Found::Nothing);
    }
    if let Err(missing) = host::ensure(&host::NODE) {
        return Ok(Found::Missing(missing));
    }
    let mut stamp = packages::said("node", &["--version"])?;
    for name in PINS {
        stamp += &std::fs::read_to_string(folder.join(name))?;
    }
    let home = match packages::folder("npm", folder, &stamp, |home| fetch(home, folder))? {
        Ok(home) => home,
        Err(missing) => return Ok(Found::Missing(missing)),
    };
    let mut command = Command::new("node");
    // The packages are not beside the sources, where Node would find them. Two of the libraries are old enough that
    // Node prints warnings.
    command.env("NODE_PATH", home.join("node_modules"));
    command.args(["--no-deprecation", "--test-reporter=tap", "main.js"]);
    Ok(Found::Runnable(command))
}

fn fetch(home: &Path, folder: &Path) -> Result<std::result::Result<(), String>> {
    for name in PINS {
        std::fs::copy(folder.join(name), home.join(name))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(home);
    let fetched = process::run(&mut npm)?;
    Ok(if fetched { Ok(()) } else { Err("npm does not install the pinned packages".to_owned()) })
}
