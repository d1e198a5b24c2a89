//! `kaquan bench nodes`: claims of one card on PostgreSQL through one node, through three nodes, and through a naive
//! service with one transaction for each claim. The rounds of the three alternate. All use one schema of the database,
//! which the benchmark drops at the end.

use super::calls::Claims;
use super::loads::{self, ROUNDS};
use super::round::{self, Rounds};
use super::schema::Schema;
use super::target::{Target, start_child};
use super::wire::{Endpoint, Head, Wire};
use super::{Bench, cards, naive, rounded};
use crate::Failure;
use kaquan_core::app::ReviewPolicy;
use kaquan_ledger::{Clock, SystemClock};
use kaquan_server::secret;
use kaquan_store::{PostgresStore, Store};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::process::{Child, Command};
use std::rc::Rc;
use std::time::Duration;

/// Nodes of the load with several nodes.
const NODES: usize = 3;

/// A process that is killed when this value is dropped.
struct KilledOnDrop(Child);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        // An error means that the process has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One of the three ways to claim: its connections, its requests and its measurements.
struct Way {
    name: &'static str,
    wires: Vec<Wire>,
    head: Rc<Head>,
    claims: Rc<RefCell<Claims>>,
    rounds: Rounds,
}

/// Runs the load.
pub fn run(bench: &Bench<'_>) -> Result<Value, Failure> {
    let server = bench.settings.database.as_deref();
    let server =
        server.ok_or("this load needs a database: --database postgres://…, in which it makes a schema")?;
    bench.progress.set_message("nodes: preparing");
    let schema = Schema::new(server)?;
    let store: Box<dyn Store> = Box::new(PostgresStore::open(schema.url())?);
    let fresh = secret::fresh_app("bench", ReviewPolicy::Auto, SystemClock.now())?;
    let app = store.create_app(&fresh.app)?;
    naive::prepare(schema.url(), cards::STOCK)?;
    let mut children = Vec::new();
    let mut urls = Vec::new();
    for _ in 0..NODES {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "error"]);
        command.args(["--workers", &bench.workers.to_string()]).env("KAQUAN_DATABASE", schema.url());
        let (child, url) = start_child(&mut command)?;
        children.push(KilledOnDrop(child));
        urls.push(url);
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", "one-by-one", "--workers", &bench.workers.to_string()]);
    let (child, one_by_one) = start_child(command.env("KAQUAN_DATABASE", schema.url()))?;
    children.push(KilledOnDrop(child));
    let measured = super::on_runtime(measure(bench, &urls, &one_by_one, &app.appid, &fresh.secret));
    drop(children);
    let (ways, taken) = measured?;
    let done: u64 = ways.iter().filter(|way| way.name != naive::NAME).map(|way| way.rounds.done()).sum();
    let left: i64 = store.cards(app.app.id)?.iter().map(|card| cards::STOCK - card.quantity).sum();
    let naive_left = naive::taken(schema.url(), cards::STOCK)?;
    let naive_done: u64 =
        ways.iter().filter(|way| way.name == naive::NAME).map(|way| way.rounds.done()).sum();
    let exact = i64::try_from(done)? == left && left == taken && i64::try_from(naive_done)? == naive_left;
    Ok(report(bench, &ways, exact))
}

async fn measure(
    bench: &Bench<'_>,
    urls: &[String],
    one_by_one: &str,
    appid: &str,
    secret: &str,
) -> Result<(Vec<Way>, i64), Failure> {
    let mut targets = Vec::new();
    for url in urls {
        targets.push(Target::at(url, appid, secret).await?);
    }
    let first = targets.first().ok_or("there are no nodes")?;
    let mut admin = first.open().await?;
    let ids = first.create(&mut admin, &cards::coupon(), 1).await?;
    let endpoint = Endpoint::parse(one_by_one).await?;
    let mut ways = Vec::new();
    for (name, over) in [("one_node", 1), ("three_nodes", NODES)] {
        let mut wires = Vec::with_capacity(bench.connections);
        for n in 0..bench.connections {
            wires.push(targets[n % over].open().await?);
        }
        ways.push(way(name, wires, first.head("/wallet/v1/claim"), &ids)?);
    }
    let mut wires = Vec::with_capacity(bench.connections);
    for _ in 0..bench.connections {
        wires.push(endpoint.connect().await?);
    }
    ways.push(way(naive::NAME, wires, Rc::new(endpoint.head("/claim")), &ids)?);
    let each = bench.length / ROUNDS;
    for way in &mut ways {
        let warm_up = way.run(each.min(loads::WARM_UP_MAX)).await?;
        way.rounds.count_only(&warm_up);
    }
    for n in 1..=ROUNDS {
        for way in &mut ways {
            bench.progress.set_message(format!("nodes: round {n} of {ROUNDS}, {}", way.name));
            let round = way.run(each).await?;
            way.rounds.push(&round)?;
        }
    }
    let taken = first.taken(&mut admin, &ids).await?;
    Ok((ways, taken))
}

fn way(name: &'static str, wires: Vec<Wire>, head: Rc<Head>, ids: &[String]) -> Result<Way, Failure> {
    let tag = u32::from_be_bytes(secret::random()?);
    let claims = Rc::new(RefCell::new(Claims::new(ids.to_vec(), tag)));
    Ok(Way { name, wires, head, claims, rounds: Rounds::new()? })
}

impl Way {
    async fn run(&mut self, length: Duration) -> Result<round::Round, Failure> {
        round::run(&mut self.wires, &self.head, &self.claims, length).await
    }
}

fn report(bench: &Bench<'_>, ways: &[Way], exact: bool) -> Value {
    let mut out = Map::new();
    out.insert("load".to_owned(), "nodes".into());
    out.insert("connections".to_owned(), bench.connections.into());
    let base = ways.iter().find(|way| way.name == naive::NAME).map_or(1.0, |way| way.rounds.rate().max(1.0));
    for way in ways {
        let name = way.name;
        out.insert(format!("{name}_claims_per_s"), way.rounds.rate().round().into());
        out.insert(format!("{name}_rounds_per_s"), loads::whole(way.rounds.rates()));
        out.insert(format!("{name}_p50_ms"), rounded(way.rounds.latency_ms(0.5), 2).into());
        out.insert(format!("{name}_p99_ms"), rounded(way.rounds.latency_ms(0.99), 2).into());
        out.insert(format!("{name}_times_one_by_one"), rounded(way.rounds.rate() / base, 1).into());
    }
    let refused: u64 = ways.iter().map(|way| way.rounds.refusals()).sum();
    out.insert("refused".to_owned(), refused.into());
    out.insert("server_workers".to_owned(), bench.workers.into());
    out.insert("exact".to_owned(), exact.into());
    Value::Object(out)
}
