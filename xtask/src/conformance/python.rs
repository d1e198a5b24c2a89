//! Suites in Python: a virtual environment with exactly the packages in `requirements.txt`. It is stored under
//! cargo's target folder and created again when the list or the version of Python changes.

use std::path::Path;
use std::process::Command;

use super::{Found, packages};
use crate::{Result, host, process};

/// The command that runs the suite in the folder: `main.py`, with its packages.
pub fn command(folder: &Path) -> Result<Found> {
    let pins = folder.join("requirements.txt");
    if !pins.is_file() {
        return Ok(Found::Nothing);
    }
    if let Err(missing) = host::ensure(&host::PYTHON) {
        return Ok(Found::Missing(missing));
    }
    let python = packages::said("python3", &["-c", "import sys; print(sys.version, sys.prefix)"])?;
    let stamp = std::fs::read_to_string(&pins)? + &python;
    let venv = packages::folder("venv", folder, &stamp, |venv| fetch(venv, &pins))?;
    let venv = match venv {
        Ok(venv) => venv,
        Err(missing) => return Ok(Found::Missing(missing)),
    };
    let mut command = Command::new(venv.join("bin/python"));
    // No byte code is written beside the sources, and the output is not buffered.
    command.args(["-B", "-u", "main.py"]);
    Ok(Found::Runnable(command))
}

fn fetch(venv: &Path, pins: &Path) -> Result<std::result::Result<(), String>> {
    if !process::run(Command::new("python3").args(["-m", "venv"]).arg(venv))? {
        return Ok(Err("python3 makes no virtual environment".to_owned()));
    }
    let mut pip = Command::new(venv.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(pins);
    let fetched = process::run(&mut pip)?;
    Ok(if fetched { Ok(()) } else { Err("pip does not install the pinned packages".to_owned()) })
}
