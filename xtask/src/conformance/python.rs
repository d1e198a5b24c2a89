//! Suites in Python: a virtual environment with exactly the packages that `requirements.txt` pins.
//! It is kept under cargo's target folder and made anew when the pins or the Python change.

use std::path::Path;
use std::process::Command;

use crate::{Result, host, process, workspace};

/// What became of looking for a Python suite in a folder.
pub enum Found {
    /// How to run it.
    Runnable(Command),
    /// It cannot be run on this machine; what is missing and how to get it.
    Missing(String),
    /// The folder holds no Python suite.
    NotPython,
}

/// The command that runs the suite in the folder: `main.py`, with the packages it wants.
pub fn command(folder: &Path) -> Result<Found> {
    let pins = folder.join("requirements.txt");
    if !pins.is_file() {
        return Ok(Found::NotPython);
    }
    if let Err(missing) = host::ensure(&host::PYTHON) {
        return Ok(Found::Missing(missing));
    }
    let venv = workspace::scratch()?.join("venv").join(super::name_of(folder));
    prepare(&venv, &pins)?;
    let mut command = Command::new(venv.join("bin/python"));
    // No byte code beside the sources, and no output held back.
    command.args(["-B", "-u", "main.py"]);
    Ok(Found::Runnable(command))
}

fn prepare(venv: &Path, pins: &Path) -> Result<()> {
    let mut stamp = std::fs::read_to_string(pins)?;
    process::read(
        Command::new("python3").args(["-c", "import sys; print(sys.version, sys.prefix)"]),
        |line| {
            stamp += line;
        },
    )?;
    let made = venv.join("made-from");
    if std::fs::read_to_string(&made).is_ok_and(|made| made == stamp) {
        return Ok(());
    }
    if !process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv))? {
        return Err("python3 makes no virtual environment".into());
    }
    let mut pip = Command::new(venv.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(pins);
    if !process::run(&mut pip)? {
        return Err("pip does not install the pinned packages".into());
    }
    // Written last: an environment that was left half made is made again.
    std::fs::write(made, stamp)?;
    Ok(())
}
