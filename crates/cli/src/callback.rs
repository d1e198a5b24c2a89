//! `kaquan callback`: the receiver of an app's events. Works with or without a running server. A running server
//! applies a change within seconds.

use crate::config::{PushFlag, Settings};
use crate::{Failure, data, out};
use kaquan_server::AppHandle;
use kaquan_server::push::client::{Client, SendOutcome};
use kaquan_server::push::settings::{self, CallbackChange};
use kaquan_server::push::webhook_request::RequestBuilder;
use kaquan_server::push::{event_view, json, verify};
use kaquan_store::{PushMode, PushPolicy, Store};
use serde_json::{Value, json};

/// The receiver of events.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Set the receiver, after it has passed a handshake; settings without an option keep their value.
    #[command(after_help = "Example: kaquan callback set --url https://shop.example/wx --token TOKEN")]
    Set(SetArgs),
    /// Print the receiver and its settings, without secrets.
    Get(AppArgs),
    /// Send a handshake to the receiver, and print the result.
    Test(TestArgs),
    /// Remove the receiver: events are no longer pushed.
    Delete(AppArgs),
}

/// Which app.
#[derive(Debug, clap::Args)]
pub struct AppArgs {
    /// The app's id; not needed if there is only one app.
    #[arg(long, visible_alias = "appid", value_name = "APPID", env = "KAQUAN_APP")]
    app: Option<String>,
}

/// Which app, and whether its receiver may be on this machine.
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    #[command(flatten)]
    app: AppArgs,
    #[command(flatten)]
    pub push: PushFlag,
}

/// The settings of the receiver.
#[derive(Debug, clap::Args)]
pub struct SetArgs {
    #[command(flatten)]
    app: AppArgs,
    /// The receiver's address, http:// or https://.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Form of the events: plain, compatible or safe (WeChat's XML), or json [default: plain]
    #[arg(long, value_parser = mode)]
    mode: Option<PushMode>,
    /// Token for the signature of requests, 3 to 32 letters and digits; for all modes but json.
    #[arg(long)]
    token: Option<String>,
    /// EncodingAESKey, 43 letters and digits; for the modes compatible and safe.
    #[arg(long, value_name = "KEY")]
    encoding_aes_key: Option<String>,
    /// Retries: durable (over a day) or wechat (three tries in all, at once) [default: durable]
    #[arg(long, value_parser = policy)]
    policy: Option<PushPolicy>,
    /// ToUserName of events: the account's original id, such as gh_0123456789ab [default: derived from the appid]
    #[arg(long, value_name = "GH_ID")]
    original_id: Option<String>,
    /// Secret for the signature of mode json, whsec_ and base64 [default: a new one, which is printed]
    #[arg(long)]
    secret: Option<String>,
    #[command(flatten)]
    pub push: PushFlag,
}

impl Command {
    /// The command's flag that allows receivers at private addresses; unset if the command has no such flag.
    pub fn push(&self) -> PushFlag {
        match self {
            Command::Set(args) => args.push,
            Command::Test(args) => args.push,
            Command::Get(_) | Command::Delete(_) => PushFlag::default(),
        }
    }
}

fn mode(name: &str) -> Result<PushMode, String> {
    PushMode::from_name(name).ok_or_else(|| "must be plain, compatible, safe or json".to_owned())
}

fn policy(name: &str) -> Result<PushPolicy, String> {
    PushPolicy::from_name(name).ok_or_else(|| "must be wechat or durable".to_owned())
}

/// Runs the command.
pub fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    crate::logging::start(settings)?;
    let store = data::open_existing(settings, &settings.data())?;
    match command {
        Command::Set(args) => set(settings, &*store, args),
        Command::Get(args) => {
            let app = data::app(&*store, args.app.as_deref())?;
            match store.callback(app.app.id)? {
                Some(callback) => {
                    let cursor = store.push_cursor(app.app.id)?;
                    out::text(&lines(&json!(event_view::callback(&callback, cursor.as_ref()))));
                }
                None => out::line("no callback is set"),
            }
            Ok(())
        }
        Command::Test(args) => test(settings, &*store, &args),
        Command::Delete(args) => {
            let app = data::app(&*store, args.app.as_deref())?;
            Ok(store.remove_callback(app.app.id)?)
        }
    }
}

fn set(settings: &Settings, store: &dyn Store, args: SetArgs) -> Result<(), Failure> {
    let app = data::app(store, args.app.app.as_deref())?;
    let SetArgs { url, mode, token, encoding_aes_key, policy, original_id, secret, .. } = args;
    let wanted = CallbackChange { url, mode, token, encoding_aes_key, policy, original_id, secret };
    let now = data::now(store)?;
    let callback = wanted.callback(&app, store.callback(app.app.id)?, now).map_err(plainly)?;
    let client = Client::new(settings.push_private)?;
    block_on(settings::verify(&client, &callback, &app.appid, now))?.map_err(plainly)?;
    store.set_callback(&callback)?;
    let mut shown = event_view::callback(&callback, store.push_cursor(app.app.id)?.as_ref());
    shown.secret = (callback.mode == PushMode::Json).then(|| json::secret_text(&callback.secret));
    out::text(&lines(&json!(shown)));
    Ok(())
}

fn test(settings: &Settings, store: &dyn Store, args: &TestArgs) -> Result<(), Failure> {
    let app = AppHandle::new(data::app(store, args.app.app.as_deref())?)?;
    let callback = store.callback(app.row.app.id)?.ok_or("no callback is set")?;
    let builder = RequestBuilder { callback, appid: app.row.appid.clone() };
    let client = Client::new(settings.push_private)?;
    let (SendOutcome { response, millis }, verdict) =
        block_on(verify::handshake(&client, &builder, data::now(store)?))??;
    if let Ok(response) = response {
        out::line(&format!("HTTP {} after {millis} ms: {}", response.status, response.body.trim_end()));
    }
    verdict.map_err(|reason| format!("the receiver did not pass: {reason}").into())
}

fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(future))
}

/// The text of an error.
fn plainly(error: kaquan_core::Error) -> Failure {
    error.to_string().into()
}

/// The members as text, with a name and a value in each line.
fn lines(shown: &Value) -> String {
    let members = shown.as_object().into_iter().flatten();
    members
        .map(|(name, value)| {
            format!("{name:<16} {}\n", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect()
}
