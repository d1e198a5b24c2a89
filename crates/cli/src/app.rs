//! `kaquan app`: apps and their secrets. Works before the first start and beside a running server.

use crate::config::Settings;
use crate::{Failure, data, out};
use clap::ValueEnum;
use kaquan_core::app::ReviewPolicy;
use kaquan_ledger::{Clock, SystemClock};
use kaquan_server::auth::secret;
use serde_json::json;

/// What to do with apps.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make an app and print its id and secret; the secret is not shown again.
    Create {
        /// Name for people.
        #[arg(long, env = "KAQUAN_NAME")]
        name: String,
        /// Who reviews its cards: nobody (every card passes at once), or you (kaquan/v1/review).
        #[arg(long, value_enum, default_value_t = Review::Auto, env = "KAQUAN_REVIEW")]
        review: Review,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the apps.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give an app a new secret; the old one ends at once, tokens already given out live on.
    RotateSecret {
        /// The app.
        #[arg(long, visible_alias = "appid", value_name = "APPID")]
        app: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Who reviews cards.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Review {
    /// Every card passes at once.
    Auto,
    /// Cards wait for a decision.
    Manual,
}

impl From<Review> for ReviewPolicy {
    fn from(review: Review) -> ReviewPolicy {
        match review {
            Review::Auto => ReviewPolicy::Auto,
            Review::Manual => ReviewPolicy::Manual,
        }
    }
}

/// Runs the command.
pub fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    let dir = settings.data();
    match command {
        Command::Create { name, review, json } => {
            let store = data::open(settings, &dir)?;
            let fresh = secret::fresh_app(&name, review.into(), SystemClock.now())?;
            let row = store.create_app(&fresh.app)?;
            print_secret(&row.appid, &fresh.secret, json);
        }
        Command::List { json } => {
            let apps = data::open_existing(settings, &dir)?.apps()?;
            if json {
                let list: Vec<_> = apps
                    .iter()
                    .map(|app| json!({"appid": app.appid, "name": app.name, "review": app.app.review.name()}))
                    .collect();
                out::line(&serde_json::Value::from(list).to_string());
            } else {
                for app in apps {
                    out::line(&format!("{}  review {:6}  {}", app.appid, app.app.review.name(), app.name));
                }
            }
        }
        Command::RotateSecret { app, json } => {
            let store = data::open_existing(settings, &dir)?;
            let row = data::app(&*store, Some(&app))?;
            let fresh = secret::fresh_secret()?;
            store.set_secret(row.app.id, &secret::digest(&fresh))?;
            print_secret(&row.appid, &fresh, json);
        }
    }
    Ok(())
}

fn print_secret(appid: &str, secret: &str, json: bool) {
    if json {
        out::line(&json!({"appid": appid, "secret": secret}).to_string());
    } else {
        out::line(&format!("appid   {appid}\nsecret  {secret}"));
    }
}
