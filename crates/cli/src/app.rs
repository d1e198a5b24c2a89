//! `kaquan app`: apps and their secrets. Works before the first start and while a server runs.

use crate::config::Settings;
use crate::{Failure, data, out, upstream};
use clap::ValueEnum;
use kaquan_core::app::{App, RETURN_WINDOW_MAX_SECS, ReviewPolicy};
use kaquan_core::text;
use kaquan_server::secret;
use kaquan_store::AppRow;
use serde_json::{Value, json};

/// What to do with apps.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create an app and print its appid and secret; the secret is not shown again.
    #[command(after_help = "Example: kaquan app create --name shop --json")]
    Create {
        /// Display name, 1 to 64 characters.
        #[arg(long, env = "KAQUAN_NAME")]
        name: String,
        /// How the app's cards are reviewed.
        #[arg(long, value_enum, default_value_t = Review::Auto, env = "KAQUAN_REVIEW")]
        review: Review,
        /// Print the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the apps.
    List {
        /// Print the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Change rules of an app; rules without an option keep their value.
    #[command(after_help = "Example: kaquan app set --app APPID --review manual --gift-timeout 86400")]
    Set {
        /// The app's id.
        #[arg(long, visible_alias = "appid", value_name = "APPID")]
        app: String,
        /// How the app's cards are reviewed.
        #[arg(long, value_enum)]
        review: Option<Review>,
        /// Seconds after which a gift that was not accepted times out; 86400 (24 hours) for a new app.
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(1..=31_536_000))]
        gift_timeout: Option<i64>,
        /// Seconds within which a consume can be undone, 0 for never; 600 (ten minutes) for a new app.
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(0..=RETURN_WINDOW_MAX_SECS))]
        return_window: Option<i64>,
        /// Print the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give an app a new secret; the old one ends at once, existing tokens stay valid for up to two hours.
    #[command(after_help = "Example: kaquan app rotate-secret --app APPID")]
    RotateSecret {
        /// The app's id.
        #[arg(long, visible_alias = "appid", value_name = "APPID")]
        app: String,
        /// Print the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Set, show or remove the original host, to which other calls go than those that kaquan has.
    #[command(subcommand)]
    Upstream(upstream::Command),
}

/// Who reviews cards.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Review {
    /// Every card passes at once.
    Auto,
    /// Cards wait for a decision in the console or through /kaquan/v1/review.
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
            text::name("name", &name)?;
            let store = data::open(settings, &dir)?;
            let fresh = secret::fresh_app(&name, review.into(), data::now(&*store)?)?;
            let row = store.create_app(&fresh.app)?;
            print_secret(&row.appid, &fresh.secret, json);
        }
        Command::List { json } => {
            let apps = data::open_existing(settings, &dir)?.apps()?;
            if json {
                out::line(&apps.iter().map(as_json).collect::<Value>().to_string());
            } else {
                apps.iter().for_each(|app| out::line(&as_text(app)));
            }
        }
        Command::Set { app, review, gift_timeout, return_window, json } => {
            let store = data::open_existing(settings, &dir)?;
            let mut row = data::app(&*store, Some(&app))?;
            let rules = &mut row.app;
            rules.review = review.map_or(rules.review, Into::into);
            rules.gift_timeout_secs = gift_timeout.unwrap_or(rules.gift_timeout_secs);
            rules.return_window_secs = return_window.unwrap_or(rules.return_window_secs);
            store.set_app(&row.app)?;
            out::line(&if json { as_json(&row).to_string() } else { as_text(&row) });
        }
        Command::RotateSecret { app, json } => {
            let store = data::open_existing(settings, &dir)?;
            let row = data::app(&*store, Some(&app))?;
            let fresh = secret::fresh_secret()?;
            store.set_secret(row.app.id, &secret::digest(&fresh))?;
            print_secret(&row.appid, &fresh, json);
        }
        Command::Upstream(command) => upstream::run(settings, command)?,
    }
    Ok(())
}

fn as_json(app: &AppRow) -> Value {
    let App { id: _, review, gift_timeout_secs, return_window_secs } = app.app;
    json!({
        "appid": app.appid, "name": app.name, "review": review.name(),
        "gift_timeout_secs": gift_timeout_secs, "return_window_secs": return_window_secs,
    })
}

fn as_text(app: &AppRow) -> String {
    let App { id: _, review, gift_timeout_secs, return_window_secs } = app.app;
    format!(
        "{}  review {:6}  gifts {gift_timeout_secs} s  returns {return_window_secs} s  {}",
        app.appid,
        review.name(),
        app.name
    )
}

fn print_secret(appid: &str, secret: &str, json: bool) {
    if json {
        out::line(&json!({"appid": appid, "secret": secret}).to_string());
    } else {
        out::line(&format!("appid   {appid}\nsecret  {secret}"));
    }
}
