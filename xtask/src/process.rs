//! Runs other programs. The command is printed first, and the output goes to the terminal at once.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::Result;

/// A cargo command in the workspace. It uses the cargo that runs this program.
pub fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).current_dir(crate::workspace::root());
    command
}

/// Prints the command, runs it, and returns whether it succeeded.
pub fn run(command: &mut Command) -> Result<bool> {
    show(command);
    let status = command.status().map_err(|error| cannot_run(command, &error))?;
    Ok(status.success())
}

/// As [`run`]. Also passes each line of standard output to `line`.
pub fn run_lines(command: &mut Command, line: impl FnMut(&str)) -> Result<bool> {
    show(command);
    read_lines(command, true, line)
}

/// Runs the command without printing it, and passes each line of its standard output to `line`.
pub fn read(command: &mut Command, line: impl FnMut(&str)) -> Result<bool> {
    read_lines(command, false, line)
}

fn read_lines(command: &mut Command, echo: bool, mut line: impl FnMut(&str)) -> Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| cannot_run(command, &error))?;
    if let Some(stdout) = child.stdout.take() {
        // Not `lines()`: a test may print bytes that are not UTF-8, which must not end the run.
        for bytes in BufReader::new(stdout).split(b'\n') {
            let bytes = bytes?;
            let text = String::from_utf8_lossy(&bytes);
            if echo {
                println!("{text}");
            }
            line(&text);
        }
    }
    Ok(child.wait()?.success())
}

/// Whether the command can be run and succeeds. Its output is not shown.
pub fn succeeds<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> bool {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn show(command: &Command) {
    println!("$ {}", line_of(command));
}

/// The command as a user would type it, without the program's folder.
fn line_of(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

fn cannot_run(command: &Command, error: &std::io::Error) -> String {
    format!("cannot run `{}`: {error}", line_of(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_command_names_the_program_without_its_folder() {
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-m", "venv"]);
        assert_eq!(line_of(&command), "python3 -m venv");
    }

    #[test]
    fn lines_are_read_even_when_they_are_not_utf8() {
        let mut lines = Vec::new();
        let mut command = Command::new("printf");
        command.arg("one\\n\\377\\nthree\\n");
        assert!(read(&mut command, |line| lines.push(line.to_owned())).unwrap());
        assert_eq!(lines, ["one", "\u{fffd}", "three"]);
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_that_names_it() {
        let error = run(Command::new("no-such-program").arg("now")).unwrap_err().to_string();
        assert!(error.starts_with("cannot run `no-such-program now`"), "{error}");
    }
}
