//! `kaquan migrate`: creates the tables or migrates them to this version, without serving. It can also print the
//! statements that distribute the tables over the machines of Citus. A server migrates the tables by itself when it
//! starts.

use crate::config::Settings;
use crate::{Failure, data, logging, out};
use kaquan_store::citus_statements;

/// Flags of `kaquan migrate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Change nothing; print the statements that distribute the tables on Citus
    #[arg(long)]
    print_citus: bool,
}

/// Runs the command.
pub fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    if args.print_citus {
        out::text(&citus_statements());
        return Ok(());
    }
    logging::start(settings)?;
    data::open(settings, &settings.data())?;
    out::line("the tables have the form of this version");
    Ok(())
}
