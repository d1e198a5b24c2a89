//! `cargo xtask bench`: the benchmarks of `kaquan bench`, from a release build.
//! Without arguments all of them, as JSON; otherwise the arguments go through as they are.

use crate::{Result, process};

/// Runs the command.
pub fn run(args: &[String]) -> Result<bool> {
    let defaults = ["all".to_owned(), "--json".to_owned()];
    let args = if args.is_empty() { &defaults[..] } else { args };
    // Only the binary's own words go to standard output, so that the JSON can be piped on.
    let cargo = ["run", "--release", "--package", "kaquan", "--", "bench"].map(str::to_owned);
    let status = process::cargo(cargo.iter().chain(args)).status()?;
    Ok(status.success())
}
