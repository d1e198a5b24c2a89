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
    /// Serve the API, the console and the wallet pages until SIGTERM or SIGINT.
    #[command(after_help = "Example: kaquan serve --data kaquan-data --listen 127.0.0.1:8080")]
    Serve(serve::Args),
    /// Fill a data folder with two months of a made-up merchant's data, and serve it.
    #[command(after_help = "Example: kaquan demo --listen 127.0.0.1:9000 --data /tmp/kaquan-demo")]
    Demo(demo::Args),
    /// Create and list apps, and change their rules and secrets.
    #[command(subcommand)]
    App(app::Command),
    /// Create, list and disable accounts of the console, and print login links.
    #[command(subcommand)]
    Account(account::Command),
    /// Import and export the codes of a card.
    #[command(subcommand)]
    Codes(codes::Command),
    /// Set, show, test or remove the receiver of an app's events.
    #[command(subcommand)]
    Callback(callback::Command),
    /// Find, follow, resend and export events, and show their deliveries.
    #[command(subcommand)]
    Events(events::Command),
    /// Print the statistics of closed days, and close days.
    #[command(subcommand)]
    Stats(stats::Command),
    /// Check signatures of a cardExt, of chooseCard and of pages.
    #[command(subcommand)]
    Sign(sign::Command),
    /// Copy all data from a data folder to a database, or back.
    #[command(
        after_help = "Example: kaquan copy --from sqlite:kaquan-data --to postgres://kaquan:secret@db1/kaquan"
    )]
    Copy(copy::Args),
    /// Write all data of a data folder into one checked file, also while a server runs.
    #[command(after_help = "Example: kaquan backup --data kaquan-data --to backups/today.db")]
    Backup(backup::Args),
    /// Replace the store of a data folder by a backup; stop the server first.
    ///
    /// The files of the old store are moved to the folder before-restore-TIME in the data folder.
    #[command(after_help = "Example: kaquan restore --data kaquan-data --from backups/today.db")]
    Restore(restore::Args),
    /// Find and repair what the store recorded too early because the clock was ahead: closed days and expiries.
    ///
    /// Without --undo-clock nothing is changed. The exit status is 1 if there is something to repair.
    #[command(after_help = "Example: kaquan doctor --undo-clock")]
    Doctor(doctor::Args),
    /// Create or migrate the tables of a data folder or database, without serving.
    #[command(after_help = "Example: kaquan migrate --database postgres://kaquan:secret@db1/kaquan")]
    Migrate(migrate::Args),
    /// Measure the speed of kaquan on this machine, in a temporary folder.
    #[command(after_help = "Example: kaquan bench claim --seconds 10 --json")]
    Bench(bench::Args),
    /// Print a reference page as Markdown: all card fields, all calls or all errcodes.
    #[command(after_help = "Example: kaquan manual fields --lang zh > fields.md")]
    Manual(manual::Args),
    /// Print a configuration file with every setting, its meaning and its default.
    #[command(after_help = "Example: kaquan config > kaquan.toml; kaquan serve --config kaquan.toml")]
    Config,
}

impl Command {
    /// The server settings that the command's own flags give; defaults if it has no such flags.
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

/// The error that ends a command. `main` prints it.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The commands, with empty environment variables counted as unset.
fn ignore_empty_env(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &Arg| {
        let name = arg.get_env();
        name.and_then(std::env::var_os).is_some_and(|value| value.is_empty())
    };
    let kept = move |arg: Arg| if is_empty(&arg) { arg.env(None) } else { arg };
    command.mut_args(kept).mut_subcommands(ignore_empty_env)
}

fn main() -> ExitCode {
    let matches = ignore_empty_env(Cli::command()).get_matches();
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
