//! `cargo xtask conformance`: drives a server through client libraries of other projects. It builds `kaquan`, starts
//! it on an empty data folder, creates an app, runs every suite under `conformance/`, and checks that the server
//! stops properly. With `--base-url` it drives a running server.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::tally::Tally;
use crate::{Result, host, workspace};
use kaquan_testkit::Cluster;

mod java;
mod node;
pub(crate) mod packages;
mod python;
mod server;
mod tap;

use server::Server;

/// The tests to run, and the server.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// A running server, and an app on it.
    target: Option<Target>,
    /// Only the tests whose names contain this text.
    only: Option<String>,
}

/// The result of searching a folder for a suite in one language.
enum Found {
    /// The command that runs the suite.
    Runnable(Command),
    /// The suite cannot run on this machine. The text says what is missing and how to install it.
    Missing(String),
    /// The folder has no suite in this language.
    Nothing,
}

/// Searches a folder for a suite in one language.
type Runner = fn(&Path) -> Result<Found>;

/// A runner for each language.
const RUNNERS: [Runner; 3] = [python::command, node::command, java::command];

/// A server and an app on it.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    base_url: String,
    appid: String,
    secret: String,
}

/// Runs the command.
pub fn run(args: &[String]) -> Result<bool> {
    let tally = check(&parse(args)?)?;
    println!("{tally}");
    Ok(tally.ok())
}

fn parse(args: &[String]) -> Result<Options> {
    let (mut base_url, mut appid, mut secret, mut only) = (None, None, None, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let place = match arg.as_str() {
            "--base-url" => &mut base_url,
            "--appid" => &mut appid,
            "--secret" => &mut secret,
            "--only" => &mut only,
            other => return Err(format!("`{other}` is not an option of conformance").into()),
        };
        *place = Some(args.next().ok_or_else(|| format!("{arg} wants a value"))?.clone());
    }
    let target = match (base_url, appid, secret) {
        (None, None, None) => None,
        (Some(base_url), Some(appid), Some(secret)) => Some(Target { base_url, appid, secret }),
        _ => return Err("--base-url, --appid and --secret go together".into()),
    };
    Ok(Options { target, only })
}

/// Runs every suite and counts its tests.
pub fn check(options: &Options) -> Result<Tally> {
    let only = options.only.as_deref();
    if let Some(target) = &options.target {
        return suites(target, only);
    }
    let kaquan = workspace::build_kaquan()?;
    let mut tally = on_server(Server::start(&kaquan, None)?, only)?;
    println!("\n--- once more, on PostgreSQL ---");
    match host::ensure(&host::POSTGRESQL) {
        Ok(()) => {
            let cluster = Cluster::start(kaquan_testkit::Options::Quick)?;
            tally.add(on_server(Server::start(&kaquan, Some(&cluster.url()))?, only)?);
        }
        Err(missing) => tally.add(Tally::skip("conformance on PostgreSQL", &missing)),
    }
    Ok(tally)
}

fn on_server(server: Server, only: Option<&str>) -> Result<Tally> {
    let mut tally = suites(&server.target, only)?;
    tally.add(server.stop(tally.ok())?);
    Ok(tally)
}

/// Each folder under `conformance/` has the suite of one client library. Its files decide how the suite is run.
fn suites(target: &Target, only: Option<&str>) -> Result<Tally> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(workspace::root().join("conformance"))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    let mut tally = Tally::default();
    for folder in folders {
        println!("\n--- conformance/{} ---", name_of(&folder));
        tally.add(suite(&folder, target, only)?);
    }
    Ok(tally)
}

fn suite(folder: &Path, target: &Target, only: Option<&str>) -> Result<Tally> {
    let name = format!("conformance/{}", name_of(folder));
    let mut command = match find(folder)? {
        Found::Runnable(command) => command,
        Found::Missing(what) => return Ok(Tally::skip(&name, &what)),
        Found::Nothing => return Err(format!("{name}: nothing here says how to run it").into()),
    };
    command.current_dir(folder);
    command.env("KAQUAN_BASE_URL", &target.base_url);
    command.env("KAQUAN_APPID", &target.appid).env("KAQUAN_SECRET", &target.secret);
    command.env("KAQUAN_ONLY", only.unwrap_or_default());
    let begin = Instant::now();
    let tally = tap::run(&name, &mut command)?;
    println!("--- {name}: {tally}, {:.1} s", begin.elapsed().as_secs_f64());
    Ok(tally)
}

/// Asks every runner whether the folder has a suite in its language.
fn find(folder: &Path) -> Result<Found> {
    for runner in RUNNERS {
        let found = runner(folder)?;
        if !matches!(found, Found::Nothing) {
            return Ok(found);
        }
    }
    Ok(Found::Nothing)
}

fn name_of(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn without_options_the_server_is_our_own() {
        assert_eq!(parsed("").unwrap(), Options::default());
        assert_eq!(parsed("--only token").unwrap().only.as_deref(), Some("token"));
    }

    #[test]
    fn a_running_server_wants_all_three_options() {
        let target = parsed("--base-url http://h:1 --appid a --secret s").unwrap().target.unwrap();
        assert_eq!((target.base_url.as_str(), target.appid.as_str()), ("http://h:1", "a"));
        assert!(parsed("--base-url http://h:1 --appid a").is_err());
    }

    #[test]
    fn an_unknown_option_or_one_without_its_value_is_refused() {
        assert!(parsed("--verbose").is_err());
        assert!(parsed("--only").is_err());
    }
}
