//! The server of a benchmark: a running one, or a child process that the benchmark starts on a temporary folder.
//! Dropping the target kills the child process, also after an error.

use super::cards;
use super::schema::Schema;
use super::wire::{Endpoint, Head, Wire, errcode};
use crate::config::{DurabilityLevel, Settings};
use crate::{Failure, data};
use kaquan_core::app::ReviewPolicy;
use kaquan_core::id::AppId;
use kaquan_ledger::{Clock, SystemClock};
use kaquan_server::secret;
use kaquan_store::{PostgresStore, Store};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use tempfile::TempDir;

/// A running server and its credentials.
#[derive(Debug, Clone)]
pub struct Remote {
    /// The base URL of the server.
    pub base_url: String,
    /// The app.
    pub appid: String,
    /// The app's secret.
    pub secret: String,
}

/// A temporary folder, or a schema of a database, with a store and an app.
#[derive(Debug)]
pub struct BenchFolder {
    place: Place,
    pub app: AppId,
    appid: String,
    secret: String,
}

#[derive(Debug)]
enum Place {
    Folder(TempDir),
    Schema(Schema),
}

impl Place {
    fn store(&self, settings: &Settings) -> Result<Arc<dyn Store>, Failure> {
        match self {
            Place::Folder(dir) => data::open_folder(settings, dir.path()),
            Place::Schema(schema) => Ok(Arc::new(PostgresStore::open(schema.url())?)),
        }
    }
}

impl BenchFolder {
    /// Creates a schema in the named database. Without a database, creates a folder as [`BenchFolder::new`] does.
    pub fn on_database(settings: &Settings) -> Result<BenchFolder, Failure> {
        match &settings.database {
            Some(server) => BenchFolder::at(settings, Place::Schema(Schema::new(server)?)),
            None => BenchFolder::new(settings),
        }
    }

    /// Creates the folder. If the settings name a data folder, the new folder is inside it, so that the benchmark uses
    /// the same disk.
    pub fn new(settings: &Settings) -> Result<BenchFolder, Failure> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("kaquan-bench-");
        let dir = match &settings.data {
            Some(data) => std::fs::create_dir_all(data).and_then(|()| builder.tempdir_in(data)),
            None => builder.tempdir(),
        }?;
        BenchFolder::at(settings, Place::Folder(dir))
    }

    fn at(settings: &Settings, place: Place) -> Result<BenchFolder, Failure> {
        let store = place.store(settings)?;
        let fresh = secret::fresh_app("bench", ReviewPolicy::Auto, SystemClock.now())?;
        let row = store.create_app(&fresh.app)?;
        Ok(BenchFolder { place, app: row.app.id, appid: row.appid, secret: fresh.secret })
    }

    /// Creates one more app. Returns its number, appid and secret.
    pub fn other_app(&self, settings: &Settings) -> Result<(AppId, String, String), Failure> {
        let store = self.store(settings)?;
        let fresh = secret::fresh_app("other", ReviewPolicy::Auto, SystemClock.now())?;
        let row = store.create_app(&fresh.app)?;
        Ok((row.app.id, row.appid, fresh.secret))
    }

    pub fn store(&self, settings: &Settings) -> Result<Arc<dyn Store>, Failure> {
        self.place.store(settings)
    }
}

/// A server that the benchmark started.
#[derive(Debug)]
struct Own {
    child: Child,
    folder: BenchFolder,
}

impl Own {
    /// Starts a server on a folder and waits until it listens. Returns the server and its address.
    fn start(settings: &Settings, folder: BenchFolder, workers: usize) -> Result<(Own, String), Failure> {
        let durability = match settings.durability {
            DurabilityLevel::Full => "full",
            DurabilityLevel::Normal => "normal",
        };
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--durability", durability])
            .args(["--workers", &workers.to_string()])
            .env_remove("KAQUAN_PUBLIC_URL")
            .env_remove("KAQUAN_CONFIG")
            .env_remove("KAQUAN_DATABASE");
        match &folder.place {
            Place::Folder(dir) => command.arg("--data").arg(dir.path()),
            Place::Schema(schema) => command.env("KAQUAN_DATABASE", schema.url()),
        };
        let (child, url) = start_child(&mut command)?;
        Ok((Own { child, folder }, url))
    }
}

/// The text before the address in the first output line of a server.
pub const READY: &str = "listening on ";

/// Starts a serving process and waits for the line with its address.
pub fn start_child(command: &mut Command) -> Result<(Child, String), Failure> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    match line.trim().strip_prefix(READY) {
        Some(url) => Ok((child, url.to_owned())),
        None => {
            let _ = child.kill();
            child.wait()?;
            Err("the server did not start".into())
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // SIGKILL on purpose: everything that the server confirmed must be in its folder even then. An error means that
        // the process has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The measured server.
#[derive(Debug)]
pub struct Target {
    endpoint: Endpoint,
    token: String,
    own: Option<Own>,
}

impl Target {
    /// Starts a server on this folder.
    pub async fn own(settings: &Settings, folder: BenchFolder, workers: usize) -> Result<Target, Failure> {
        let (own, url) = Own::start(settings, folder, workers)?;
        let (appid, secret) = (own.folder.appid.clone(), own.folder.secret.clone());
        Target::connect(&url, &appid, &secret, Some(own)).await
    }

    /// Uses the server at an address, with the credentials of an app.
    pub async fn at(url: &str, appid: &str, secret: &str) -> Result<Target, Failure> {
        Target::connect(url, appid, secret, None).await
    }

    /// Uses a running server.
    pub async fn remote(remote: &Remote) -> Result<Target, Failure> {
        Target::connect(&remote.base_url, &remote.appid, &remote.secret, None).await
    }

    async fn connect(url: &str, appid: &str, secret: &str, own: Option<Own>) -> Result<Target, Failure> {
        let endpoint = Endpoint::parse(url).await?;
        let credentials = json!({"grant_type": "client_credential", "appid": appid, "secret": secret});
        let head = endpoint.head("/cgi-bin/stable_token");
        let answer = call(&mut endpoint.connect().await?, &head, &credentials).await?;
        let token = answer.get("access_token").and_then(Value::as_str).ok_or("got no access token")?;
        Ok(Target { token: token.to_owned(), endpoint, own })
    }

    /// The unchanging part of requests to a path.
    pub fn head(&self, path: &str) -> Rc<Head> {
        Rc::new(self.endpoint.head(&self.with_token(path)))
    }

    /// The address of the server.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A path with an access token of the app.
    pub fn with_token(&self, path: &str) -> String {
        format!("{path}?access_token={}", self.token)
    }

    /// Opens a connection.
    pub async fn open(&self) -> Result<Wire, Failure> {
        self.endpoint.connect().await
    }

    /// Opens this many connections.
    pub async fn pool(&self, connections: usize) -> Result<Vec<Wire>, Failure> {
        let mut pool = Vec::with_capacity(connections);
        for _ in 0..connections {
            pool.push(self.open().await?);
        }
        Ok(pool)
    }

    /// Makes one call. A refusal is an error.
    pub async fn call(&self, wire: &mut Wire, path: &str, body: &Value) -> Result<Value, Failure> {
        call(wire, &self.head(path), body).await
    }

    /// Creates `count` cards from this document. Returns their ids.
    pub async fn create(&self, wire: &mut Wire, card: &Value, count: usize) -> Result<Vec<String>, Failure> {
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            let answer = self.call(wire, "/card/create", &json!({"card": card})).await?;
            let id = answer.get("card_id").and_then(Value::as_str).ok_or("a new card has no card_id")?;
            ids.push(id.to_owned());
        }
        Ok(ids)
    }

    /// The number of claims of these cards, from the stock that `card/get` returns.
    pub async fn taken(&self, wire: &mut Wire, ids: &[String]) -> Result<i64, Failure> {
        let mut taken = 0;
        for id in ids {
            let answer = self.call(wire, "/card/get", &json!({"card_id": id})).await?;
            let sku = &answer["card"]["general_coupon"]["base_info"]["sku"];
            let number = |key: &str| sku[key].as_i64().ok_or_else(|| format!("card/get tells no {key}"));
            taken += number("total_quantity")? - number("quantity")?;
        }
        Ok(taken)
    }

    /// Peak memory of a started server, in bytes.
    pub fn peak_memory(&self) -> Option<u64> {
        super::process::peak(Some(self.own.as_ref()?.child.id()))
    }

    /// CPU seconds of a started server so far.
    pub fn cpu_secs(&self) -> Option<f64> {
        super::process::cpu_secs(self.own.as_ref()?.child.id())
    }

    /// Kills a started server. Then reads from its folder how much was taken from the stock of all cards.
    pub fn taken_after_kill(mut self, settings: &Settings) -> Result<Option<i64>, Failure> {
        let Some(own) = &mut self.own else { return Ok(None) };
        own.child.kill()?;
        own.child.wait()?;
        let store = own.folder.store(settings)?;
        let cards = store.cards(own.folder.app)?;
        let made = i64::try_from(cards.len())? * cards::STOCK;
        Ok(Some(made - cards.iter().map(|card| card.quantity).sum::<i64>()))
    }
}

async fn call(wire: &mut Wire, head: &Head, body: &Value) -> Result<Value, Failure> {
    let answer = wire.post(head, body.to_string().as_bytes()).await?;
    match errcode(answer) {
        0 => Ok(serde_json::from_slice(answer)?),
        _ => Err(format!("{}: {}", head.path, String::from_utf8_lossy(answer)).into()),
    }
}
