//! Suites in Java: the packages in `pom.xml`, and the sources under `src`, which are compiled for every run. The
//! packages are stored under cargo's target folder and fetched again when the list changes. Maven only fetches:
//! compiling and starting without it takes one second instead of ten.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Found, packages};
use crate::{Result, host, process, workspace};

/// The command that runs the suite in the folder: the class `kaquan.Main`, with its packages.
pub fn command(folder: &Path) -> Result<Found> {
    let pins = folder.join("pom.xml");
    if !pins.is_file() {
        return Ok(Found::Nothing);
    }
    if let Err(missing) = host::ensure(&host::JAVA) {
        return Ok(Found::Missing(missing));
    }
    let stamp = std::fs::read_to_string(&pins)?;
    let home = match packages::folder("maven", folder, &stamp, |home| fetch(home, &pins))? {
        Ok(home) => home,
        Err(missing) => return Ok(Found::Missing(missing)),
    };
    let classes = compile(folder, &home)?;
    let mut command = Command::new("java");
    let path = std::env::join_paths([classes, home.join("*")])?;
    // Half of the run is the start, so the second compiler would not save time.
    command.args(["-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp"]).arg(path).arg("kaquan.Main");
    Ok(Found::Runnable(command))
}

fn fetch(home: &Path, pins: &Path) -> Result<std::result::Result<(), String>> {
    let mut maven = Command::new("mvn");
    maven.args(["--quiet", "--batch-mode", "-Dstyle.color=never", "dependency:copy-dependencies"]);
    maven.arg("--file").arg(pins).arg(format!("-DoutputDirectory={}", home.display()));
    let fetched = process::run(&mut maven)?;
    Ok(if fetched { Ok(()) } else { Err("mvn does not fetch the pinned packages".to_owned()) })
}

/// Compiles the suite into a separate folder.
fn compile(folder: &Path, home: &Path) -> Result<PathBuf> {
    let classes = workspace::scratch()?.join("classes").join(super::name_of(folder));
    if classes.exists() {
        std::fs::remove_dir_all(&classes)?;
    }
    let mut javac = Command::new("javac");
    javac.args(["-nowarn", "-proc:none", "--release", "17", "-encoding", "UTF-8", "-d"]).arg(&classes);
    javac.arg("-cp").arg(home.join("*")).args(sources(&folder.join("src"))?);
    if !process::run(&mut javac)? {
        return Err(format!("{} does not compile", folder.display()).into());
    }
    Ok(classes)
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "java") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
