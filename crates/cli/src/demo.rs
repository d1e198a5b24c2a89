//! `kaquan demo`: fills a folder with two months of data of a tea house chain, and serves it. Users can try every
//! call on realistic data. If the folder is already filled, the demo only serves it.

mod agenda;
mod calendar;
mod fill;
mod folder;
mod guide;
mod life;
mod merchant;
mod note;
mod progress;
mod rng;

use crate::config::{DurabilityLevel, ServerFlags, Settings};
use crate::{Failure, data, logging, out, serve};
use fill::Plan;
use folder::Folder;
use kaquan_ledger::{Clock, SystemClock};
use kaquan_server::token;
use kaquan_store::Filling;
use note::Note;
use progress::Progress;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

/// Flags of `kaquan demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub server: ServerFlags,
    /// Days of history, the last of them yesterday; 1 to 366.
    #[arg(long, default_value_t = 62, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(1..=366))]
    days: i32,
    /// Number of holders, 10 to 100,000.
    #[arg(long, default_value_t = 3000, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=100_000))]
    holders: u32,
    /// The seed of the made-up data.
    #[arg(long, default_value_t = 8_023, hide = true)]
    seed: u64,
}

/// Fills the folder if it is empty, and serves until SIGTERM or SIGINT.
pub fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    logging::start(settings)?;
    // A demo always uses a folder, even if the environment names a database.
    let settings = &Settings { database: None, ..settings.clone() };
    let dir = settings.data_or("kaquan-demo");
    // An occupied address is reported before the folder is filled, and not after.
    TcpListener::bind(settings.listen).map_err(|error| taken(settings.listen, error))?;
    let folder = Folder::lock(&dir)?;
    let note = folder.note_or_fill(|filling| fill(settings, filling, args))?;
    drop(folder);
    // Receivers of a demo's events run on the same machine.
    let settings = &Settings { push_private: true, sandbox: true, ..settings.clone() };
    let store = data::open_folder(settings, &dir)?;
    let app = data::app(&*store, Some(&note.appid))?;
    let runtime = serve::runtime(settings.workers)?;
    let done = runtime.block_on(async {
        let server = serve::start(settings, &dir, store.clone()).await?;
        let now = server.running.state.clock.now();
        let token =
            tokio::task::spawn_blocking(move || token::issue_stable(&*store, &app, false, now)).await??;
        let base = serve::base_url(settings, server.running.address);
        out::text(&guide::text(&note, &base, &token));
        out::text(&serve::first_link(settings, &server.running).await?);
        out::line(&format!("\nlistening on http://{}", server.running.address));
        server.until_stopped().await
    });
    runtime.shutdown_background();
    done
}

fn taken(listen: SocketAddr, error: std::io::Error) -> Failure {
    format!("cannot listen on {listen}: {error}; name another address with --listen").into()
}

fn fill(settings: &Settings, dir: &Path, args: &Args) -> Result<Note, Failure> {
    // If the filling is interrupted, it starts again. So no single commit has to wait for the disk.
    let settings = Settings { durability: DurabilityLevel::Normal, ..settings.clone() };
    let plan = Plan {
        days: args.days,
        holders: args.holders as usize,
        seed: args.seed,
        today: SystemClock.now().day(),
    };
    let mut progress = Progress::new(plan.days);
    let store = data::open_folder(&settings, dir)?;
    let filling = Filling::new("kaquan demo", String::new(), SystemClock.now())?;
    store.begin_filling(&filling)?;
    let note = fill::fill(store.clone(), plan, &mut progress)?;
    store.end_filling(&filling)?;
    progress.done();
    Ok(note)
}
