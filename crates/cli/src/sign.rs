//! `kaquan sign`: checks the signatures of cards and pages, and shows the exact text that was signed. Works without a
//! server: with a given ticket, or with the tickets of an app in a data folder.

use crate::config::Settings;
use crate::{Failure, data, out};
use kaquan_core::card::Object;
use kaquan_ledger::{Clock, SystemClock};
use kaquan_server::Params;
use kaquan_server::sign::{Signed, names};
use kaquan_server::sign_check::{Question, Tickets, check};
use serde_json::{Value, json};

/// What to do with signatures.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check a signature, and print the sorted values and the signed text. The exit status is 1 if it is wrong.
    #[command(after_help = "Example: kaquan sign check --type card_ext --signature SIGNATURE \\
           timestamp=1404896688 card_id=CARD_ID nonce_str=123")]
    Check(Args),
}

/// A signature and the values it signs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The kind of signature: card_ext, native_card_ext, choose_card or jsapi.
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    kind: Signed,
    /// The signature to check; not needed if --card-ext has it.
    #[arg(long)]
    signature: Option<String>,
    /// The cardExt as a page passes it, instead of its values.
    #[arg(long, value_name = "JSON")]
    card_ext: Option<String>,
    /// The ticket that was used; needs no data folder [default: the app's tickets].
    #[arg(long, value_name = "TICKET")]
    api_ticket: Option<String>,
    /// The app's id; not needed if there is only one app.
    #[arg(long, visible_alias = "appid", value_name = "APPID")]
    app: Option<String>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    /// The signed values, such as timestamp=1404896688 card_id=CARD_ID nonce_str=123.
    #[arg(value_name = "NAME=VALUE")]
    values: Vec<String>,
}

fn kind(name: &str) -> Result<Signed, String> {
    Signed::from_name(name)
        .ok_or_else(|| "must be card_ext, native_card_ext, choose_card or jsapi".to_owned())
}

/// Runs the command. If the signature is wrong, the command prints the report and fails.
pub fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    let Command::Check(args) = command;
    let (appid, tickets) = match &args.api_ticket {
        Some(ticket) => (args.app.clone().unwrap_or_default(), Tickets::only(ticket)),
        None => {
            let row = data::app(&*data::open_existing(settings, &settings.data())?, args.app.as_deref())?;
            let tickets = Tickets::of(&row.token_key, args.kind, SystemClock.now());
            (row.appid, tickets)
        }
    };
    let question = Question::read(args.kind, Params(&args.members()?), &appid)?;
    let report = json!(check(&question, &tickets));
    out::text(&if args.json { format!("{report}\n") } else { text(&report) });
    match report["valid"] == true {
        true => Ok(()),
        false => Err("the signature is wrong".into()),
    }
}

impl Args {
    /// The flags and values as members of a `/kaquan/v1/sign/check` request.
    fn members(&self) -> Result<Object, Failure> {
        let mut members = Object::new();
        for (key, value) in [("signature", &self.signature), ("card_ext", &self.card_ext)] {
            members.extend(value.as_deref().map(|value| (key.to_owned(), value.into())));
        }
        for pair in &self.values {
            let (name, value) = pair.split_once('=').ok_or_else(|| format!("{pair} is not NAME=VALUE"))?;
            let fields = self.kind.fields();
            if !fields.iter().any(|field| names(field).contains(&name)) {
                return Err(
                    format!("{name} is not a signed value; the values are {}", fields.join(", ")).into()
                );
            }
            members.insert(name.to_owned(), value.into());
        }
        Ok(members)
    }
}

fn text(report: &Value) -> String {
    let list = |key: &str| report[key].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut text = format!("{}\n", if report["valid"] == true { "right" } else { "wrong" });
    if let Some(ticket) = report["ticket"].as_str() {
        text.push_str(&format!("ticket     {ticket}\n"));
    }
    for value in list("values") {
        text.push_str(&format!("value      {value}\n"));
    }
    for (name, key) in [("string", "string"), ("signature", "signature")] {
        text.push_str(&format!("{name:10} {}\n", report[key].as_str().unwrap_or_default()));
    }
    if let Some(refusal) = report["refusal"].as_str() {
        text.push_str(&format!("refusal    {refusal}\n"));
    }
    for hint in list("hints") {
        text.push_str(&format!("hint       {hint}\n"));
    }
    text
}
