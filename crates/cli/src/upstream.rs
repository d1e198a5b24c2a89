//! `kaquan app upstream`: the original host of an app. It gets the calls that kaquan does not have. Works with or
//! without a running server. A running server applies a change within seconds. Secrets are encrypted before
//! they are stored.

use crate::config::Settings;
use crate::{Failure, data, out};
use kaquan_core::Error;
use kaquan_server::{
    CardMessage, SecretKeys, UpstreamChange, UpstreamSecrets, UpstreamSettings, UpstreamView, sealed,
    unsealed,
};
use kaquan_store::{AppRow, Store};
use serde_json::{Value, json};

/// The original host of an app.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Set the original host; settings without an option keep their value.
    #[command(after_help = "Example: kaquan app upstream set --original-appid wx… --secret …")]
    Set(SetArgs),
    /// Print the original host and its settings, without secrets.
    Show(ShowArgs),
    /// Remove the original host: other calls are refused again.
    Remove(AppArgs),
}

/// Which app.
#[derive(Debug, clap::Args)]
pub struct AppArgs {
    /// The app's id; not needed if there is only one app.
    #[arg(long, visible_alias = "appid", value_name = "APPID", env = "KAQUAN_APP")]
    app: Option<String>,
}

/// Which app, and how to print.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    app: AppArgs,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// The settings of the original host.
#[derive(Debug, clap::Args)]
pub struct SetArgs {
    #[command(flatten)]
    app: AppArgs,
    /// The original host; a new one needs the secret in the same command [default: WeChat's, api.weixin.qq.com]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The real appid of the account.
    #[arg(long, value_name = "APPID")]
    original_appid: Option<String>,
    /// The real secret of the account. Use the variable to keep it out of the process list
    #[arg(long, env = "KAQUAN_UPSTREAM_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// Address of your own token server, if the original host shall not issue the token
    #[arg(long, value_name = "URL", env = "KAQUAN_UPSTREAM_TOKEN_URL", hide_env_values = true)]
    token_url: Option<String>,
    /// Beginnings of the paths to pass on, with commas [default: /cgi-bin/, /sns/, /wxa/ and others]
    #[arg(long, value_name = "PREFIXES", value_delimiter = ',')]
    allow: Option<Vec<String>>,
    /// Beginnings of paths not to pass on, with commas; they win over --allow [default: none]
    #[arg(long, value_name = "PREFIXES", value_delimiter = ',')]
    refuse: Option<Vec<String>>,
    /// A message with a card that lives here: text or news (with the claim link), or refuse [default: text]
    #[arg(long, value_parser = card_message)]
    wxcard: Option<CardMessage>,
    /// Seconds without a byte from the original host after which a call fails, 1 to 60 [default: 20]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

fn card_message(name: &str) -> Result<CardMessage, String> {
    CardMessage::from_name(name).ok_or_else(|| "must be text, news or refuse".to_owned())
}

/// Runs the command.
pub fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    let store = data::open_existing(settings, &settings.data())?;
    match command {
        Command::Set(args) => set(settings, &*store, args),
        Command::Show(args) => {
            let app = data::app(&*store, args.app.app.as_deref())?;
            match stored(settings, &*store, &app)? {
                Some((upstream, secrets)) => print(&UpstreamView::of(&upstream, &secrets), args.json),
                None if args.json => out::line(&json!({"url": ""}).to_string()),
                None => out::line("no upstream is set"),
            }
            Ok(())
        }
        Command::Remove(args) => {
            let app = data::app(&*store, args.app.as_deref())?;
            Ok(store.remove_upstream(app.app.id)?)
        }
    }
}

fn keys(settings: &Settings) -> Result<&SecretKeys, Failure> {
    let missing = "there is no key for secrets: set KAQUAN_SECRET_KEY or --secret-key-file; kaquan secret-key \
        create prints a new key";
    settings.secret_keys.as_ref().ok_or_else(|| missing.into())
}

fn stored(
    settings: &Settings,
    store: &dyn Store,
    app: &AppRow,
) -> Result<Option<(UpstreamSettings, UpstreamSecrets)>, Failure> {
    let Some(row) = store.upstream(app.app.id)? else { return Ok(None) };
    Ok(Some(unsealed(keys(settings)?, &app.appid, row).map_err(plainly)?))
}

fn set(settings: &Settings, store: &dyn Store, args: SetArgs) -> Result<(), Failure> {
    let app = data::app(store, args.app.app.as_deref())?;
    let keys = keys(settings)?;
    let SetArgs { url, original_appid: appid, secret, token_url, allow, refuse, wxcard, .. } = args;
    let change =
        UpstreamChange { url, appid, secret, token_url, allow, refuse, wxcard, timeout_secs: args.timeout };
    let public_url = settings.public_url.as_ref().map_or("", |url| url.as_str());
    let (upstream, secrets) = change.apply(stored(settings, store, &app)?, public_url).map_err(plainly)?;
    let (text, bytes) = sealed(keys, &app.appid, &upstream, &secrets).map_err(plainly)?;
    store.set_upstream(app.app.id, &text, &bytes, data::now(store)?)?;
    print(&UpstreamView::of(&upstream, &secrets), args.json);
    Ok(())
}

/// The text of an error.
fn plainly(error: Error) -> Failure {
    error.to_string().into()
}

fn print(view: &UpstreamView, as_json: bool) {
    let shown = json!(view);
    if as_json {
        return out::line(&shown.to_string());
    }
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    };
    let members = shown.as_object().into_iter().flatten();
    members.for_each(|(name, value)| out::line(&format!("{name:<12} {}", text(value))));
}
