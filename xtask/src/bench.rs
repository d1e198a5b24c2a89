//! `cargo xtask bench`: runs the benchmarks of `kaquan bench` with a release build. Without arguments it runs all of
//! them and prints JSON. Otherwise the arguments are passed on.

use crate::{Result, process};

/// Runs the command.
pub fn run(args: &[String]) -> Result<bool> {
    let defaults = ["all".to_owned(), "--json".to_owned()];
    let args = if args.is_empty() { &defaults[..] } else { args };
    // Only the output of the binary goes to standard output, so that the JSON can be piped.
    let cargo = ["run", "--release", "--package", "kaquan", "--", "bench"].map(str::to_owned);
    let status = process::cargo(cargo.iter().chain(args)).status()?;
    Ok(status.success())
}
