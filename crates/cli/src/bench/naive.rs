//! The reference of `kaquan bench nodes`: a simple claim service with one transaction for each claim. A transaction
//! locks the card's row, counts the holder's codes, takes one from the stock, and writes a code and an event. This
//! service is not part of the product.

use super::target::READY;
use crate::config::Settings;
use crate::{Failure, out};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore};
use tokio_postgres::{Client, NoTls, Statement};

/// The name of this service in the report.
pub const NAME: &str = "one_by_one";
/// Database connections. More connections would only wait for the lock on the same row.
const CONNECTIONS: usize = 32;

const TABLES: &str = "CREATE TABLE naive_cards (id TEXT PRIMARY KEY, quantity BIGINT NOT NULL);
    CREATE TABLE naive_codes (code BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, card TEXT NOT NULL, openid TEXT NOT NULL,
        claimed_at TIMESTAMPTZ NOT NULL DEFAULT now());
    CREATE INDEX naive_codes_holder ON naive_codes (openid, card);
    CREATE TABLE naive_events (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code BIGINT NOT NULL, openid TEXT NOT NULL,
        at TIMESTAMPTZ NOT NULL DEFAULT now());";

/// Runs SQL statements.
pub fn execute(url: &str, sql: &str) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { Ok(connect(url).await?.batch_execute(sql).await?) })
}

/// Creates the tables and the card.
pub fn prepare(url: &str, stock: i64) -> Result<(), Failure> {
    execute(url, &format!("{TABLES} INSERT INTO naive_cards VALUES ('hot', {stock})"))
}

/// The number of claims according to the card's stock. It must equal the number of codes.
pub fn taken(url: &str, stock: i64) -> Result<i64, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = connect(url).await?;
        let sql = "SELECT quantity, (SELECT count(*) FROM naive_codes) FROM naive_cards";
        let row = client.query_one(sql, &[]).await?;
        let (left, codes): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        if stock - left == codes { Ok(codes) } else { Err("the service has lost count".into()) }
    })
}

async fn connect(url: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

struct Connection {
    client: Client,
    lock: Statement,
    count: Statement,
    take: Statement,
    insert_code: Statement,
    insert_event: Statement,
}

struct Service {
    idle: Mutex<Vec<Connection>>,
    free: Semaphore,
}

/// Serves until the process is killed.
pub fn serve(settings: &Settings, workers: usize) -> Result<(), Failure> {
    let url = settings.database.as_deref().ok_or("this service needs --database")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    runtime.block_on(async {
        let mut idle = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            idle.push(open(url).await?);
        }
        let service = Arc::new(Service { idle: Mutex::new(idle), free: Semaphore::new(CONNECTIONS) });
        let router = Router::new().route("/claim", post(claim)).with_state(service);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        out::line(&format!("{READY}http://{}", listener.local_addr()?));
        Ok(axum::serve(listener, router).await?)
    })
}

async fn open(url: &str) -> Result<Connection, Failure> {
    let client = connect(url).await?;
    Ok(Connection {
        lock: client.prepare("SELECT quantity FROM naive_cards WHERE id = 'hot' FOR UPDATE").await?,
        count: client.prepare("SELECT count(*) FROM naive_codes WHERE openid = $1 AND card = 'hot'").await?,
        take: client.prepare("UPDATE naive_cards SET quantity = quantity - 1 WHERE id = 'hot'").await?,
        insert_code: client
            .prepare("INSERT INTO naive_codes (card, openid) VALUES ('hot', $1) RETURNING code")
            .await?,
        insert_event: client.prepare("INSERT INTO naive_events (code, openid) VALUES ($1, $2)").await?,
        client,
    })
}

async fn claim(State(service): State<Arc<Service>>, body: Bytes) -> String {
    let answer = match try_claim(&service, &body).await {
        Ok(answer) => answer,
        Err(error) => json!({"errcode": -1, "errmsg": error.to_string()}),
    };
    answer.to_string()
}

async fn try_claim(service: &Service, body: &[u8]) -> Result<Value, Failure> {
    let request: Value = serde_json::from_slice(body)?;
    let openid = request["openid"].as_str().ok_or("no openid")?;
    let _free = service.free.acquire().await?;
    let mut connection = service.idle.lock().await.pop().ok_or("no connection")?;
    let claimed = connection.claim(openid).await;
    service.idle.lock().await.push(connection);
    claimed
}

impl Connection {
    async fn claim(&mut self, openid: &str) -> Result<Value, Failure> {
        let transaction = self.client.transaction().await?;
        let left: i64 = transaction.query_one(&self.lock, &[]).await?.try_get(0)?;
        let held: i64 = transaction.query_one(&self.count, &[&openid]).await?.try_get(0)?;
        if left == 0 || held > 0 {
            return Ok(json!({"errcode": 45031, "errmsg": "none left, or one held already"}));
        }
        transaction.execute(&self.take, &[]).await?;
        let code: i64 = transaction.query_one(&self.insert_code, &[&openid]).await?.try_get(0)?;
        transaction.execute(&self.insert_event, &[&code, &openid]).await?;
        transaction.commit().await?;
        Ok(json!({"errcode": 0, "errmsg": "ok", "code": format!("{code:012}")}))
    }
}
