//! The `kaquan` binary: one program that serves, fills a demo, manages apps, shows statistics and measures itself.
//! Each subcommand has its own file.

mod account;
mod app;
mod backup;
mod bench;
mod callback;
mod codes;
mod config;
mod copy;
mod data;
mod demo;
mod doctor;
mod events;
mod http;
mod logging;
mod manual;
mod migrate;
mod out;
mod output;
mod restore;
mod serve;
mod sign;
mod stats;

use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand};
use config::{Common, ServerFlags};
use std::process::ExitCode;

/// A self-hosted card and coupon platform that speaks WeChat's card API.
#[derive(Debug, Parser)]
#[command(name = "kaquan", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API.
    Serve(serve::Args),
    /// Fill a folder with two months of data of a made-up merchant, and serve it.
    Demo(demo::Args),
    /// Create and list apps, and change their secrets.
    #[command(subcommand)]
    App(app::Command),
    /// List and create accounts of the console, and print login links.
    #[command(subcommand)]
    Account(account::Command),
    /// Import and export the codes of a card.
    #[command(subcommand)]
    Codes(codes::Command),
    /// Set the receiver of an app's events.
    #[command(subcommand)]
    Callback(callback::Command),
    /// Find and follow events, show their deliveries, and push them again.
    #[command(subcommand)]
    Events(events::Command),
    /// Show statistics, and close days.
    #[command(subcommand)]
    Stats(stats::Command),
    /// Check the signatures of cards and pages.
    #[command(subcommand)]
    Sign(sign::Command),
    /// Copy all data from a folder to a database, or back.
    Copy(copy::Args),
    /// Write all of a data folder into one file, also while a server runs.
    Backup(backup::Args),
    /// Put a backup into a data folder; no server may run on it.
    Restore(restore::Args),
    /// Look for what a clock that was ahead left behind, and take it back.
    Doctor(doctor::Args),
    /// Create the tables or migrate them to this version, without serving.
    Migrate(migrate::Args),
    /// Measure kaquan on this machine.
    Bench(bench::Args),
    /// Print a page of the manual: card fields, paths, or errcodes.
    Manual(manual::Args),
    /// Print the configuration file with every setting, its meaning and its default.
    Config,
}

impl Command {
    /// The server flags of the command, if it starts a server.
    fn server_flags(&self) -> ServerFlags {
        match self {
            Command::Serve(args) => args.server.clone(),
            Command::Demo(args) => args.server.clone(),
            Command::Bench(args) => args.durability.into(),
            Command::Callback(command) => command.push().into(),
            Command::Account(command) => command.public_url().into(),
            Command::App(_)
            | Command::Events(_)
            | Command::Codes(_)
            | Command::Sign(_)
            | Command::Stats(_)
            | Command::Copy(_)
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Doctor(_)
            | Command::Migrate(_)
            | Command::Manual(_)
            | Command::Config => ServerFlags::default(),
        }
    }
}

/// The error of a failed command, as text for people.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The commands, with empty environment variables counted as unset.
fn without_empty(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &Arg| {
        let name = arg.get_env();
        name.and_then(std::env::var_os).is_some_and(|value| value.is_empty())
    };
    let kept = move |arg: Arg| if is_empty(&arg) { arg.env(None) } else { arg };
    command.mut_args(kept).mut_subcommands(without_empty)
}

fn main() -> ExitCode {
    let matches = without_empty(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out::error(&format!("kaquan: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let settings = cli.common.resolve(cli.command.server_flags())?;
    match cli.command {
        Command::Serve(_) => serve::run(&settings),
        Command::Demo(args) => demo::run(&settings, &args),
        Command::App(command) => app::run(&settings, command),
        Command::Account(command) => account::run(&settings, command),
        Command::Codes(command) => codes::run(&settings, command),
        Command::Callback(command) => callback::run(&settings, command),
        Command::Events(command) => events::run(&settings, command),
        Command::Stats(command) => stats::run(&settings, command),
        Command::Sign(command) => sign::run(&settings, command),
        Command::Copy(args) => copy::run(&settings, &args),
        Command::Backup(args) => backup::run(&settings, &args),
        Command::Restore(args) => restore::run(&settings, &args),
        Command::Doctor(args) => doctor::run(&settings, &args),
        Command::Migrate(args) => migrate::run(&settings, &args),
        Command::Bench(args) => bench::run(&settings, args),
        Command::Manual(args) => manual::run(args),
        Command::Config => {
            out::text(config::DEFAULT_FILE);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
        let former = ["kaquan", "serve", "--lanes", "8"];
        assert!(Cli::command().try_get_matches_from(former).is_ok(), "the former name of --writers");
    }
}
