//! `kaquan bench fair`: measures how much slower the claims of one app (the neighbour) become while another app (the
//! attacker) loads the same server as much as it can. Each round of an attack measures the neighbour alone and then under the attack.

use super::attack::{self, Attack, Attacker, Attackers, Kind, Outcome};
use super::calls::Claims;
use super::day::Plan;
use super::round::{Round, Rounds, median};
use super::target::{BenchFolder, Target};
use super::wire::Wire;
use super::{Bench, cards, fill, round, rounded};
use crate::Failure;
use kaquan_core::id::AppId;
use kaquan_ledger::{Clock, SystemClock};
use kaquan_server::secret;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Pairs of rounds of each attack: one alone, one under attack.
const ROUNDS: u32 = 5;
/// Cards of the app whose log is searched.
const CARDS: usize = 500;
/// Cards and days of the app that has reports.
const REPORTED_CARDS: usize = 3_000;
const REPORTED_DAYS: i32 = 62;
/// The largest acceptable ratio of the neighbour's median latencies: under attack to alone.
const RATIO_MAX: f64 = 2.0;
/// The largest number of events in the log that is searched.
const EVENTS_MAX: u64 = 1_000_000;
/// Connections of the neighbour. They are few, because the benchmark measures the latency of the neighbour's claims and
/// not the throughput.
const CONNECTIONS: usize = 4;
/// The longest warm-up.
const WARM_UP_MAX: Duration = Duration::from_millis(500);

/// A folder with the neighbour and the apps that attack.
#[derive(Debug)]
pub struct PreparedBench {
    folder: BenchFolder,
    attackers: Attackers,
    events: u64,
}

/// Fills the apps that attack. Blocks: do not call it on an async runtime.
pub fn prepare(bench: &Bench<'_>, events: u64) -> Result<PreparedBench, Failure> {
    let folder = BenchFolder::on_database(bench.settings)?;
    let store = folder.store(bench.settings)?;
    let yesterday = SystemClock.now().day().plus(-1);
    bench.progress.set_message("fair: filling the log".to_owned());
    let (app, mut searched) = attacker(bench, &folder)?;
    let filled = fill::make_cards(&*store, app, yesterday.start(), CARDS, 0)?;
    let events = events.min(EVENTS_MAX);
    let mut writer = store.writer()?;
    let plan = Plan {
        events,
        holders: events,
        coupons: filled.coupons,
        members: Vec::new(),
        first_code: fill::next_code(&mut *writer, app)?,
        seed: 1,
    };
    let events = fill::write_day(&mut *writer, app, yesterday, &plan, |_| ())?;
    drop(writer);
    searched.cards = filled.coupon_ids;
    bench.progress.set_message("fair: filling the reports".to_owned());
    let (app, mut reported) = attacker(bench, &folder)?;
    let from = yesterday.plus(1 - REPORTED_DAYS);
    let filled = fill::make_cards(&*store, app, from.start(), REPORTED_CARDS, 0)?;
    fill::write_reports(&*store, app, from, yesterday, &filled.coupons)?;
    reported.cards = filled.coupon_ids;
    let mut importing = Vec::new();
    for _ in 0..attack::IMPORTING_APPS {
        let (app, mut attacker) = attacker(bench, &folder)?;
        attacker.cards = vec![fill::make_card_for_imports(&*store, app, yesterday.start())?];
        importing.push(attacker);
    }
    Ok(PreparedBench { folder, attackers: Attackers { searched, reported, importing }, events })
}

/// Creates one more app in the folder.
fn attacker(bench: &Bench<'_>, folder: &BenchFolder) -> Result<(AppId, Attacker), Failure> {
    let (app, appid, secret) = folder.other_app(bench.settings)?;
    Ok((app, Attacker { url: String::new(), appid, secret, cards: Vec::new() }))
}

/// The neighbour and its claims.
struct Neighbour {
    target: Target,
    pool: Vec<Wire>,
    claims: Rc<RefCell<Claims>>,
    all: Rounds,
}

impl Neighbour {
    async fn claim(&mut self, length: Duration) -> Result<Round, Failure> {
        let head = self.target.head("/wallet/v1/claim");
        let round = round::run(&mut self.pool, &head, &self.claims, length).await?;
        self.all.push(&round)?;
        Ok(round)
    }
}

/// The measurements of an attack.
struct AttackResult {
    kind: Kind,
    alone: Rounds,
    attacked: Rounds,
    ratios: Vec<f64>,
    outcome: Outcome,
}

/// Runs the benchmark.
pub async fn run(bench: &Bench<'_>, ready: PreparedBench, attacks: &[Kind]) -> Result<Value, Failure> {
    let PreparedBench { folder, mut attackers, events } = ready;
    let attacks = if attacks.is_empty() { &Kind::ALL[..] } else { attacks };
    let target = Target::own(bench.settings, folder, bench.workers).await?;
    attackers.all_mut().for_each(|attacker| attacker.url = target.endpoint().url());
    let (mut admin, pool) = (target.open().await?, target.pool(CONNECTIONS.min(bench.connections)).await?);
    let ids = target.create(&mut admin, &cards::coupon(), 1).await?;
    let tag = u32::from_be_bytes(secret::random()?);
    let claims = Rc::new(RefCell::new(Claims::new(ids.clone(), tag)));
    let mut neighbour = Neighbour { target, pool, claims, all: Rounds::new()? };
    let slice = bench.length / (ROUNDS * 2 * attacks.len() as u32);
    neighbour.claim(slice.min(WARM_UP_MAX)).await?;
    let mut measured = Vec::new();
    for &kind in attacks {
        let (alone, attacked) = (Rounds::new()?, Rounds::new()?);
        measured.push(AttackResult {
            kind,
            alone,
            attacked,
            ratios: Vec::new(),
            outcome: Outcome::default(),
        });
    }
    for n in 1..=ROUNDS {
        for attack in &mut measured {
            bench.progress.set_message(format!("fair: {}, round {n} of {ROUNDS}", attack.kind.name()));
            attack.round(&mut neighbour, &attackers, tag.wrapping_add(n), slice).await?;
        }
    }
    let taken = neighbour.target.taken(&mut admin, &ids).await?;
    let mut out = numbers(bench, &neighbour, &measured)?;
    out.insert("events".to_owned(), events.into());
    out.insert("exact".to_owned(), (taken == i64::try_from(neighbour.all.done())?).into());
    Ok(out.into())
}

impl AttackResult {
    /// One round of the neighbour alone, then one under attack.
    async fn round(
        &mut self,
        neighbour: &mut Neighbour,
        attackers: &Attackers,
        tag: u32,
        slice: Duration,
    ) -> Result<(), Failure> {
        let alone = neighbour.claim(slice).await?;
        let attackers = attackers.of(self.kind);
        let attack = Attack::begin(self.kind, attackers, tag)?;
        neighbour.claim(slice.min(WARM_UP_MAX)).await?;
        let attacked = neighbour.claim(slice).await?;
        let outcome = attack.end()?;
        for attacker in attackers {
            attack::wait_until_done(attacker).await?;
        }
        self.outcome += outcome;
        let p50 = |round: &Round| round.latencies.value_at_quantile(0.5) as f64;
        self.ratios.push(p50(&attacked) / p50(&alone).max(1.0));
        self.alone.push(&alone)?;
        self.attacked.push(&attacked)
    }
}

fn numbers(
    bench: &Bench<'_>,
    neighbour: &Neighbour,
    measured: &[AttackResult],
) -> Result<Map<String, Value>, Failure> {
    let mut out = Map::new();
    out.insert("load".to_owned(), "fair".into());
    out.insert("connections".to_owned(), neighbour.pool.len().into());
    out.insert("seconds".to_owned(), rounded(neighbour.all.secs(), 2).into());
    out.insert("claims".to_owned(), neighbour.all.done().into());
    out.insert("refused".to_owned(), neighbour.all.refusals().into());
    let over = measured.iter().filter(|attack| median(&attack.ratios) > RATIO_MAX);
    out.insert("over_2".to_owned(), over.map(|attack| attack.kind.name()).collect::<Vec<_>>().into());
    for attack in measured {
        let ratios: Vec<f64> = attack.ratios.iter().map(|ratio| rounded(*ratio, 2)).collect();
        out.insert(
            attack.kind.name().to_owned(),
            json!({
                "alone_p50_ms": rounded(attack.alone.latency_ms(0.5), 3),
                "attacked_p50_ms": rounded(attack.attacked.latency_ms(0.5), 3),
                "alone_p99_ms": rounded(attack.alone.latency_ms(0.99), 3),
                "attacked_p99_ms": rounded(attack.attacked.latency_ms(0.99), 3),
                "p50_ratio": rounded(median(&attack.ratios), 2),
                "p50_ratios": ratios,
                "connections": attack.kind.connections(),
                "served": attack.outcome.served,
                "refused": attack.outcome.refused,
                "report_mib": attack.outcome.bytes >> 20,
            }),
        );
    }
    let durability = if bench.settings.database.is_some() { Value::Null } else { bench.durability() };
    out.insert("durability".to_owned(), durability);
    out.insert("server_workers".to_owned(), bench.workers.into());
    Ok(out)
}
