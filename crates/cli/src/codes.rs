//! `kaquan codes`: imports a file of codes for a card, and exports the codes of a card. Both commands work while a
//! server runs and without one.

mod export;
mod file;
mod header;
mod import;
mod report;

use crate::config::Settings;
use crate::{Failure, data, logging};
use kaquan_core::card::Card;
use kaquan_core::engine::Keys;
use kaquan_core::id::{AppId, CardId};
use kaquan_store::Store;
use std::path::PathBuf;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Import a file of codes for a card with deposited codes (GET_CUSTOM_CODE_MODE_DEPOSIT).
    ///
    /// After an interruption, run the same command again: it goes on where it stopped. For a file that was imported
    /// before, it prints the same result again.
    #[command(
        after_help = "Example: kaquan codes import codes.txt --card CARD_ID --stock --report left-out.csv"
    )]
    Import(import::Args),
    /// Print the codes of a card: first the imported codes that wait for a claim, then the claimed codes.
    #[command(
        after_help = "Example: kaquan codes export --card CARD_ID --state NORMAL,CONSUMED --format csv"
    )]
    Export(export::Args),
}

/// The flags that name a card.
#[derive(Debug, clap::Args)]
pub struct CardArgs {
    /// The card, by its card_id.
    #[arg(long, value_name = "CARD_ID", env = "KAQUAN_CARD")]
    card: String,
    /// The app's id; not needed if there is only one app.
    #[arg(long, value_name = "APPID", env = "KAQUAN_APP")]
    app: Option<String>,
}

impl CardArgs {
    fn find(&self, store: &dyn Store, app: AppId, appid: &str) -> Result<Card, Failure> {
        let card_id = CardId::from(self.card.as_str());
        let mut set = store.working_set(app)?.ok_or_else(|| format!("there is no app {appid}"))?;
        store.load(&Keys { card_ids: [card_id.clone()].into(), ..Keys::default() }, &mut set)?;
        let card = set.card_by_id(&card_id)?.cloned();
        card.ok_or_else(|| format!("app {appid} has no card {}", self.card).into())
    }
}

/// Runs the command.
pub fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    logging::start(settings)?;
    let dir: PathBuf = settings.data();
    let store = data::open_existing(settings, &dir)?;
    match command {
        Command::Import(args) => import::run(&dir, store, &args),
        Command::Export(args) => export::run(&*store, &args),
    }
}
