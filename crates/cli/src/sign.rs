//! `kaquan sign`: checks the signatures of cards and pages, and shows what exactly was signed. Works without a server:
//! with a ticket that is given, or with those of an app in a data folder.

use crate::config::Settings;
use crate::{Failure, data, out};
use kaquan_ledger::{Clock, SystemClock};
use kaquan_server::auth::sign::{Signed, Tickets, Values, check};
use serde_json::Value;

/// What to do with signatures.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check a signature, and show the sorted values and the string that is hashed.
    Check(Args),
}

/// A signature and what it is of.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What is signed: card_ext, choose_card or jsapi.
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    kind: Signed,
    /// The signature to be checked.
    #[arg(long, default_value = "")]
    signature: String,
    /// The ticket it is made with; without it, those of the app are tried.
    #[arg(long, value_name = "TICKET")]
    api_ticket: Option<String>,
    /// The app; not needed when there is only one.
    #[arg(long, visible_alias = "appid", value_name = "APPID")]
    app: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// The values that are signed, such as timestamp=1404896688 card_id=pCard nonce_str=123.
    #[arg(value_name = "NAME=VALUE")]
    values: Vec<String>,
}

fn kind(name: &str) -> Result<Signed, String> {
    Signed::from_name(name).ok_or_else(|| "must be card_ext, choose_card or jsapi".to_owned())
}

/// Runs the command. A wrong signature is a failure, after everything is told.
pub fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    let Command::Check(args) = command;
    let mut values = values(args.kind, &args.values)?;
    let tickets = match &args.api_ticket {
        Some(ticket) => Tickets { good: vec![ticket.clone()], ..Tickets::default() },
        None => {
            let row = data::app(&*data::open_existing(settings, &settings.data())?, args.app.as_deref())?;
            let app_id = args.kind.fields().iter().position(|field| *field == "app_id");
            if let Some(value) = app_id.and_then(|at| values.get_mut(at)).filter(|value| value.is_empty()) {
                value.clone_from(&row.appid);
            }
            Tickets::of(&row.token_key, args.kind, SystemClock.now())
        }
    };
    let told = check(args.kind, &tickets, &values, &args.signature);
    out::text(&if args.json { format!("{told}\n") } else { text(&told) });
    match told["valid"] == true {
        true => Ok(()),
        false => Err("the signature is wrong".into()),
    }
}

/// The values in the order they are signed in; empty for those that are not given.
fn values(kind: Signed, given: &[String]) -> Result<Values, Failure> {
    let mut values: Values = kind.fields().iter().map(|_| String::new()).collect();
    for pair in given {
        let (name, value) = pair.split_once('=').ok_or_else(|| format!("{pair} is not NAME=VALUE"))?;
        let place = kind.fields().iter().position(|field| *field == name);
        let value_place = place.and_then(|at| values.get_mut(at));
        let known = || format!("{name} is not signed; there are {}", kind.fields().join(", "));
        value.clone_into(value_place.ok_or_else(known)?);
    }
    Ok(values)
}

fn text(told: &Value) -> String {
    let list = |key: &str| told[key].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut text = format!("{}\n", if told["valid"] == true { "right" } else { "wrong" });
    for value in list("values") {
        text.push_str(&format!("value      {value}\n"));
    }
    for (name, key) in [("string", "string"), ("signature", "signature")] {
        text.push_str(&format!("{name:10} {}\n", told[key].as_str().unwrap_or_default()));
    }
    for hint in list("hints") {
        text.push_str(&format!("hint       {hint}\n"));
    }
    text
}
