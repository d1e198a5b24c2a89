//! `kaquan bench`: measures kaquan on this machine. The rates of claims and pushes are compared with a ceiling that the
//! same run measures, because a rate alone mostly shows the speed of the machine. Every load checks its results.

mod attack;
mod calls;
mod cards;
mod close;
mod day;
mod fair;
mod fill;
mod loads;
mod naive;
mod nodes;
mod process;
mod push;
mod report;
mod round;
mod schema;
mod target;
mod wire;

use crate::config::{DurabilityFlag, DurabilityLevel, Settings};
use crate::{Failure, logging, out};
use clap::ValueEnum;
use indicatif::ProgressBar;
use serde_json::Value;
use std::io::IsTerminal;
use std::time::Duration;
use target::Remote;

/// Flags of `kaquan bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub durability: DurabilityFlag,
    /// The benchmark to run
    #[arg(value_enum)]
    load: Load,
    /// Print one line of JSON per load
    #[arg(long)]
    json: bool,
    /// Seconds of measurement for each load; preparation and the ceiling take more time
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Connections that send requests
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// Number of cards of claim-many
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..))]
    cards: u16,
    /// Number of events of the day for close, or of the log for fair (1,000,000 at most)
    #[arg(long, value_name = "N", default_value_t = 5_000_000)]
    events: u64,
    /// The attacks of fair [default: all of them]
    #[arg(long, value_enum, value_name = "NAME")]
    attack: Vec<attack::Kind>,
    /// Threads of the server that is started [default: one per core]
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
    /// Measure this server instead of starting one: http://HOST:PORT
    #[arg(long, value_name = "URL", requires_all = ["appid", "secret"])]
    base_url: Option<String>,
    /// The app on that server; its cards must pass review at once
    #[arg(long, value_name = "APPID", requires = "base_url")]
    appid: Option<String>,
    /// The app's secret
    #[arg(long, value_name = "SECRET", requires = "base_url")]
    secret: Option<String>,
}

/// The benchmarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Load {
    /// Claims of one card by all clients
    Claim,
    /// Claims spread over many cards
    ClaimMany,
    /// Consumes of claimed codes
    Consume,
    /// Updates of one card
    Update,
    /// A card's report over 62 closed days
    Report,
    /// Closing of a day of some million events
    Close,
    /// Delivery of events to a receiver, also after an hour without it
    Push,
    /// Claims of one app, alone and while other apps load the server; in a folder, or with --database in a schema that
    /// it makes there
    Fair,
    /// Claims on PostgreSQL: through one node, three nodes, and one transaction per claim; needs --database
    Nodes,
    /// The service of nodes with a transaction for each claim
    #[value(hide = true)]
    OneByOne,
    /// All of them but fair and nodes, one after another
    All,
}

/// The settings of a benchmark.
struct Bench<'a> {
    settings: &'a Settings,
    remote: Option<Remote>,
    connections: usize,
    length: Duration,
    workers: usize,
    progress: ProgressBar,
}

impl Bench<'_> {
    fn durability(&self) -> Value {
        match (&self.remote, self.settings.durability) {
            (Some(_), _) => Value::Null,
            (None, DurabilityLevel::Full) => "full".into(),
            (None, DurabilityLevel::Normal) => "normal".into(),
        }
    }
}

/// Rounds a number to this many decimals.
fn rounded(number: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (number * scale).round() / scale
}

/// Runs the command.
pub fn run(settings: &Settings, args: Args) -> Result<(), Failure> {
    logging::start(settings)?;
    let bench = Bench {
        settings,
        connections: usize::from(args.connections),
        length: Duration::from_secs(args.seconds),
        workers: args.workers.unwrap_or_else(cores).max(1),
        progress: progress(args.json),
        remote: match (args.base_url, args.appid, args.secret) {
            (Some(base_url), Some(appid), Some(secret)) => Some(Remote { base_url, appid, secret }),
            _ => None,
        },
    };
    if args.load == Load::OneByOne {
        return naive::serve(settings, bench.workers);
    }
    const EACH: &[Load] =
        &[Load::Claim, Load::ClaimMany, Load::Consume, Load::Update, Load::Report, Load::Close, Load::Push];
    let mut wrong = Vec::new();
    let one = [args.load];
    for load in if args.load == Load::All { EACH } else { &one } {
        if bench.remote.is_some()
            && matches!(load, Load::Report | Load::Close | Load::Push | Load::Fair | Load::Nodes)
        {
            if args.load == Load::All {
                continue;
            }
            return Err("this load creates its own store and cannot be run with --base-url".into());
        }
        let result = match load {
            Load::Claim => on_runtime(loads::claim(&bench, 1)),
            Load::ClaimMany => on_runtime(loads::claim(&bench, usize::from(args.cards))),
            Load::Consume => on_runtime(loads::consume(&bench)),
            Load::Update => on_runtime(loads::update(&bench)),
            Load::Report => {
                report::prepare(&bench).and_then(|closed| on_runtime(report::run(&bench, closed)))
            }
            Load::Push => push::prepare(&bench).and_then(|ready| on_runtime(push::run(&bench, ready))),
            Load::Fair => {
                let ready = fair::prepare(&bench, args.events);
                ready.and_then(|ready| on_runtime(fair::run(&bench, ready, &args.attack)))
            }
            Load::Nodes => nodes::run(&bench),
            Load::Close | Load::OneByOne | Load::All => close::run(&bench, args.events),
        }?;
        bench.progress.set_message("");
        bench.progress.suspend(|| match args.json {
            true => out::line(&result.to_string()),
            false => out::text(&for_people(&result)),
        });
        let refused = result.get("refused").and_then(Value::as_u64).unwrap_or(0);
        if refused > 0 || result.get("exact") != Some(&Value::Bool(true)) {
            wrong.push(result["load"].as_str().unwrap_or_default().to_owned());
        }
    }
    bench.progress.finish_and_clear();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("refused or wrong: {}", wrong.join(", ")).into()),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Runs a load on one thread, so that the server can use the rest of the machine. After an
/// interruption, as after any error, the server is stopped and its folder is removed.
fn on_runtime<T>(load: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        tokio::select! {
            result = load => result,
            _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        }
    })
}

fn progress(json: bool) -> ProgressBar {
    if json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let progress = ProgressBar::new_spinner();
    progress.enable_steady_tick(Duration::from_millis(200));
    progress
}

/// A result as text, with a name and a value in each line.
fn for_people(result: &Value) -> String {
    let mut text = String::new();
    for (name, value) in result.as_object().into_iter().flatten() {
        let value = match value {
            Value::String(value) => value.clone(),
            Value::Array(values) => values.iter().map(Value::to_string).collect::<Vec<_>>().join("  "),
            Value::Null => continue,
            value => value.to_string(),
        };
        if name == "load" {
            text.push_str(&format!("{value}\n"));
        } else {
            text.push_str(&format!("  {name:<20} {value}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn people_read_a_line_per_number() {
        let text = for_people(&json!({"load": "claim", "ratio": 0.4, "rounds": [1, 2], "none": null}));
        assert_eq!(text, "claim\n  ratio                0.4\n  rounds               1  2\n");
    }
}
