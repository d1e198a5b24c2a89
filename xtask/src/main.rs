//! The developer commands of kaquan: everything that a contributor or a build machine runs, written in Rust. `cargo
//! xtask test` runs all checks; the other commands run a part of them, or are tools for working on one part. Each
//! command has its own file. Common parts are in [`host`], [`process`], [`workspace`], [`json`] and [`tally`].
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks through its output")]

use std::process::ExitCode;

mod test;

mod bench;
mod browser;
mod conformance;
mod docs;
mod tidy;

mod host;
mod json;
mod process;
mod tally;
mod workspace;

/// The error of a command. It is printed for the user; no code inspects it.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
usage: cargo xtask <command>

  test          every check there is; what a change has to pass
  tidy          the rules of this repository that no compiler knows
  browser       the pages in a real Chromium   [NAME]  the tests whose name contains NAME
  conformance   drive a server through client libraries of other projects
                  [--base-url URL --appid ID --secret SECRET]  a running server instead of one of its own
                  [--only TEXT]                                the tests whose name contains TEXT
  bench         `kaquan bench all --json` from a release build; arguments replace `all --json`
  docs          write the pages of the manual that come from kaquan's own tables
  help          this text
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match args.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let outcome = match command {
        "test" => test::run(rest),
        "tidy" => tidy::run(rest),
        "conformance" => conformance::run(rest),
        "browser" => browser::run(rest),
        "bench" => bench::run(rest),
        "docs" => docs::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(true)
        }
        other => Err(format!("there is no command `{other}`\n\n{USAGE}").into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(2)
        }
    }
}

/// Refuses arguments of a command that has none, so that a misspelt option is not ignored.
fn no_arguments(args: &[String]) -> Result<()> {
    match args.first() {
        Some(arg) => Err(format!("`{arg}` is not expected here\n\n{USAGE}").into()),
        None => Ok(()),
    }
}
