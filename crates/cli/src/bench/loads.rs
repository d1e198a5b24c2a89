//! The HTTP loads. The rounds of claims alternate with rounds of the ceiling: the same requests sent to
//! `/kaquan/v1/echo`. Noise on the machine then affects both in the same way. Each load checks its result at the end.

use super::calls::{Claims, Consumes, Updates};
use super::round::{self, Rounds, Source};
use super::target::{BenchFolder, Target};
use super::wire::Wire;
use super::{Bench, cards, close, rounded};
use crate::Failure;
use kaquan_server::secret;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Rounds of a load.
pub const ROUNDS: u32 = 3;
/// The longest warm-up.
pub const WARM_UP_MAX: Duration = Duration::from_millis(500);

const CLAIM: &str = "/wallet/v1/claim";
const ECHO: &str = "/kaquan/v1/echo";

/// The measured server and the connections to it.
pub struct ConnectedTarget {
    /// The server.
    pub target: Target,
    /// A connection for requests that are not measured.
    pub admin: Wire,
    pool: Vec<Wire>,
}

impl ConnectedTarget {
    /// Connects to the measured server, or starts one. `folder` is the data folder of a new server.
    pub async fn new(bench: &Bench<'_>, folder: Option<BenchFolder>) -> Result<ConnectedTarget, Failure> {
        let target = match (&bench.remote, folder) {
            (Some(remote), _) => Target::remote(remote).await?,
            (None, Some(folder)) => Target::own(bench.settings, folder, bench.workers).await?,
            (None, None) => {
                Target::own(bench.settings, BenchFolder::new(bench.settings)?, bench.workers).await?
            }
        };
        let (admin, pool) = (target.open().await?, target.pool(bench.connections).await?);
        Ok(ConnectedTarget { target, admin, pool })
    }

    /// Runs one round of calls to a path.
    pub async fn run<S: Source + 'static>(
        &mut self,
        path: &str,
        source: &Rc<RefCell<S>>,
        length: Duration,
    ) -> Result<round::Round, Failure> {
        let before = self.target.cpu_secs();
        let mut round = round::run(&mut self.pool, &self.target.head(path), source, length).await?;
        round.cpu_secs = self.target.cpu_secs().zip(before).map(|(after, before)| after - before);
        Ok(round)
    }
}

/// The report of a load. `operations` is the name of its operations, such as `claims`.
pub fn numbers(bench: &Bench<'_>, load: &str, operations: &str, rounds: &Rounds) -> Map<String, Value> {
    let mut out = Map::new();
    let refusals: Map<String, Value> =
        rounds.refused().iter().map(|(code, count)| (code.to_string(), (*count).into())).collect();
    out.insert("load".to_owned(), load.into());
    out.insert("connections".to_owned(), bench.connections.into());
    out.insert("seconds".to_owned(), rounded(rounds.secs(), 2).into());
    out.insert(operations.to_owned(), rounds.done().into());
    out.insert(format!("{operations}_per_s"), rounds.rate().round().into());
    out.insert("p50_ms".to_owned(), rounded(rounds.latency_ms(0.5), 3).into());
    out.insert("p99_ms".to_owned(), rounded(rounds.latency_ms(0.99), 3).into());
    if let Some(micros) = rounds.cpu_micros() {
        out.insert("server_cpu_us_each".to_owned(), rounded(micros, 1).into());
    }
    out.insert("refused".to_owned(), rounds.refusals().into());
    if !refusals.is_empty() {
        out.insert("refusals".to_owned(), refusals.into());
    }
    out.insert("durability".to_owned(), bench.durability());
    let workers = if bench.remote.is_some() { Value::Null } else { bench.workers.into() };
    out.insert("server_workers".to_owned(), workers);
    out
}

/// The rates, rounded to whole numbers.
pub fn whole(rates: &[f64]) -> Value {
    rates.iter().map(|rate| rate.round()).collect::<Vec<_>>().into()
}

fn tag() -> Result<u32, Failure> {
    Ok(u32::from_be_bytes(secret::random()?))
}

/// `claim` for one card, `claim-many` for several.
pub async fn claim(bench: &Bench<'_>, count: usize) -> Result<Value, Failure> {
    let load = if count == 1 { "claim" } else { "claim-many" };
    bench.progress.set_message(format!("{load}: preparing"));
    let mut connected = ConnectedTarget::new(bench, None).await?;
    let ids = connected.target.create(&mut connected.admin, &cards::coupon(), count).await?;
    let claims = Rc::new(RefCell::new(Claims::new(ids.clone(), tag()?)));
    let each = bench.length / ROUNDS;
    let (mut claimed, mut echoed) = (Rounds::new()?, Rounds::new()?);
    for (path, rounds) in [(ECHO, &mut echoed), (CLAIM, &mut claimed)] {
        rounds.count_only(&connected.run(path, &claims, each.min(WARM_UP_MAX)).await?);
    }
    for n in 1..=ROUNDS {
        bench.progress.set_message(format!("{load}: round {n} of {ROUNDS}"));
        claimed.push(&connected.run(CLAIM, &claims, each).await?)?;
        echoed.push(&connected.run(ECHO, &claims, each).await?)?;
    }
    bench.progress.set_message(format!("{load}: checking"));
    let taken = connected.target.taken(&mut connected.admin, &ids).await?;
    let memory = connected.target.peak_memory();
    let survived = connected.target.taken_after_kill(bench.settings)?;

    let mut out = numbers(bench, load, "claims", &claimed);
    if count > 1 {
        out.insert("cards".to_owned(), count.into());
    }
    let done = i64::try_from(claimed.done())?;
    out.insert("ceiling_per_s".to_owned(), echoed.rate().round().into());
    out.insert("ratio".to_owned(), rounded(claimed.rate() / echoed.rate().max(1.0), 3).into());
    out.insert("rounds_per_s".to_owned(), whole(claimed.rates()));
    out.insert("ceiling_rounds_per_s".to_owned(), whole(echoed.rates()));
    out.insert("ceiling_p50_ms".to_owned(), rounded(echoed.latency_ms(0.5), 3).into());
    out.insert("ceiling_p99_ms".to_owned(), rounded(echoed.latency_ms(0.99), 3).into());
    out.insert("ceiling_cpu_us_each".to_owned(), echoed.cpu_micros().map(|us| rounded(us, 1)).into());
    out.insert("server_peak_rss_mib".to_owned(), memory.map(close::mib).into());
    out.insert("taken_from_stock".to_owned(), taken.into());
    out.insert("taken_after_kill".to_owned(), survived.into());
    out.insert("exact".to_owned(), (taken == done && survived.is_none_or(|n| n == done)).into());
    Ok(out.into())
}

/// `consume`: rounds of claims alternate with rounds that consume the claimed codes.
pub async fn consume(bench: &Bench<'_>) -> Result<Value, Failure> {
    let mut connected = ConnectedTarget::new(bench, None).await?;
    let ids = connected.target.create(&mut connected.admin, &cards::coupon(), 1).await?;
    let claims = Rc::new(RefCell::new(Claims::new(ids, tag()?).keeping_codes()));
    let consumes = Rc::new(RefCell::new(Consumes::default()));
    let each = bench.length / ROUNDS;
    let mut rounds = Rounds::new()?;
    for n in 0..=ROUNDS {
        let length = if n == 0 { each.min(WARM_UP_MAX) } else { each };
        bench.progress.set_message(format!("consume: claiming for round {n} of {ROUNDS}"));
        let claimed = connected.run(CLAIM, &claims, length).await?;
        if !claimed.refused.is_empty() {
            return Err(format!("claims were refused: {:?}", claimed.refused).into());
        }
        consumes.borrow_mut().codes.extend(std::iter::from_fn(|| claims.borrow_mut().pop_code()));
        bench.progress.set_message(format!("consume: round {n} of {ROUNDS}"));
        let consumed = connected.run("/card/code/consume", &consumes, length).await?;
        if n == 0 {
            rounds.count_only(&consumed);
        } else {
            rounds.push(&consumed)?;
        }
    }
    let mut exact = true;
    let sent = std::mem::take(&mut consumes.borrow_mut().sent);
    for code in sent {
        let body = json!({"code": code, "check_consume": false});
        let answer = connected.target.call(&mut connected.admin, "/card/code/get", &body).await?;
        exact &= answer["user_card_status"] == "CONSUMED";
    }
    let mut out = numbers(bench, "consume", "consumes", &rounds);
    out.insert("rounds_per_s".to_owned(), whole(rounds.rates()));
    out.insert("exact".to_owned(), exact.into());
    Ok(out.into())
}

/// `update`: changes the service phone of one card repeatedly.
pub async fn update(bench: &Bench<'_>) -> Result<Value, Failure> {
    let mut connected = ConnectedTarget::new(bench, None).await?;
    let card = connected.target.create(&mut connected.admin, &cards::coupon(), 1).await?.pop();
    let card = card.ok_or("no card was made")?;
    let updates = Rc::new(RefCell::new(Updates { card: card.clone(), sent: 0 }));
    let each = bench.length / ROUNDS;
    let mut rounds = Rounds::new()?;
    rounds.count_only(&connected.run("/card/update", &updates, each.min(WARM_UP_MAX)).await?);
    for n in 1..=ROUNDS {
        bench.progress.set_message(format!("update: round {n} of {ROUNDS}"));
        rounds.push(&connected.run("/card/update", &updates, each).await?)?;
    }
    let answer = connected.target.call(&mut connected.admin, "/card/get", &json!({"card_id": card})).await?;
    let phone = answer["card"]["general_coupon"]["base_info"]["service_phone"].as_str().unwrap_or_default();
    // Concurrent updates commit in any order, so the stored phone may come from any of the last updates. As many
    // updates are in flight as there are connections.
    let last = updates.borrow().number(phone);
    let exact = last.is_some_and(|last| last + bench.connections as u64 >= updates.borrow().sent);
    let mut out = numbers(bench, "update", "updates", &rounds);
    out.insert("rounds_per_s".to_owned(), whole(rounds.rates()));
    out.insert("exact".to_owned(), exact.into());
    Ok(out.into())
}
