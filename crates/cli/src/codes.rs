//! `kaquan codes`: the codes of a card by the file: importing the merchant's own, and exporting what there is. Both work
//! beside a running server and without one.

mod export;
mod file;
mod header;
mod import;
mod report;

use crate::config::Settings;
use crate::{Failure, data, logging};
use kaquan_core::card::Card;
use kaquan_core::id::AppId;
use kaquan_store::Store;
use std::path::PathBuf;

/// What to do with codes.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Import codes for a card that deals out imported ones (GET_CUSTOM_CODE_MODE_DEPOSIT).
    ///
    /// Run again after it was cut off, it goes on where it stopped; run again with the same file, it tells the same
    /// outcome once more.
    Import(import::Args),
    /// Print the codes of a card: those imported that wait for a claim, then those claimed.
    Export(export::Args),
}

/// Which card.
#[derive(Debug, clap::Args)]
pub struct CardArgs {
    /// The card, by its card_id.
    #[arg(long, value_name = "CARD_ID", env = "KAQUAN_CARD")]
    card: String,
    /// The app; not needed when there is only one.
    #[arg(long, value_name = "APPID", env = "KAQUAN_APP")]
    app: Option<String>,
}

impl CardArgs {
    fn find(&self, store: &dyn Store, app: AppId, appid: &str) -> Result<Card, Failure> {
        let mut cards = store.cards(app)?.into_iter();
        let card = cards.find(|card| card.id.as_str() == self.card);
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
