//! Clients in a burst of claims, and the checks afterwards. Each claim has its own request number. A client repeats
//! the claim with this number after a cut connection or -1, because the claim may have been made.

use super::Site;
use super::balancer::Balancer;
use crate::support::{Client, groupon};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Clients at the same time.
pub const CLIENTS: usize = 64;
/// Cards that are sometimes claimed, in addition to the hot card.
const COLD_CARDS: usize = 40;
/// The largest number of codes that a holder may claim of a card.
pub const GET_LIMIT: u64 = 3;

/// The cards of a test.
pub struct Cards {
    pub hot: String,
    pub cold: Vec<String>,
    pub stock: i64,
}

impl Cards {
    /// Creates the cards through the balancer.
    pub fn make(site: &Site, balancer: &Balancer, stock: i64) -> Cards {
        let mut client = Persistent::new(site, balancer);
        let mut card = || {
            let mut card = groupon(stock);
            card["card"]["groupon"]["base_info"]["get_limit"] = json!(GET_LIMIT);
            client.ask("/card/create", &card)["card_id"].as_str().expect("a card id").to_owned()
        };
        Cards { hot: card(), cold: (0..COLD_CARDS).map(|_| card()).collect(), stock }
    }
}

/// A client that repeats a request until it is answered.
pub struct Persistent {
    host: String,
    app: crate::support::Credentials,
    client: Option<Client>,
    token: Option<String>,
    /// How often a request was repeated, after -1 or after a failed connection.
    pub again: u64,
    /// The longest wait for an answer, including answers of -1.
    longest: Duration,
}

impl Persistent {
    pub fn new(site: &Site, balancer: &Balancer) -> Persistent {
        let (host, app, longest) = (balancer.host.clone(), site.app.clone(), Duration::ZERO);
        Persistent { host, app, client: None, token: None, again: 0, longest }
    }

    /// Returns the first answer that is not -1.
    pub fn ask(&mut self, path: &str, body: &Value) -> Value {
        loop {
            let asked = Instant::now();
            let answer = self.try_ask(path, body);
            self.longest = self.longest.max(asked.elapsed());
            if let Some(answer) = answer.filter(|answer| answer["errcode"] != -1) {
                return answer;
            }
            self.again += 1;
            self.client = None;
            std::thread::yield_now();
        }
    }

    fn try_ask(&mut self, path: &str, body: &Value) -> Option<Value> {
        if self.client.is_none() {
            self.client = Client::open(&self.host).ok();
        }
        let client = self.client.as_mut()?;
        if self.token.is_none() {
            let grant = json!({"grant_type": "client_credential", "appid": self.app.appid, "secret": self.app.secret});
            let answer = client.post("/cgi-bin/stable_token", "", &grant).ok()?;
            self.token = answer["access_token"].as_str().map(str::to_owned);
        }
        client.post(path, self.token.as_deref()?, body).ok()
    }
}

/// The results of one client.
#[derive(Default)]
struct RequestOutcome {
    /// For each code: the code, its card and its holder.
    codes: Vec<(String, String, String)>,
    /// The card and holder of each claim that was refused because of `get_limit`.
    refused: Vec<(String, String)>,
    consumed: u64,
    again: u64,
    longest: Duration,
}

/// A running burst.
pub struct Burst {
    clients: Vec<JoinHandle<RequestOutcome>>,
    stop: Arc<AtomicBool>,
    claims: Arc<AtomicU64>,
}

impl Burst {
    /// Starts the clients. `round` makes the holders of several bursts different.
    pub fn begin(site: &Site, balancer: &Balancer, cards: &Cards, round: usize) -> Burst {
        let (stop, claims) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let clients = (0..CLIENTS).map(|number| {
            let client = Persistent::new(site, balancer);
            let (hot, cold) = (cards.hot.clone(), cards.cold.clone());
            let (stop, claims) = (stop.clone(), claims.clone());
            std::thread::spawn(move || {
                claim_until(client, &hot, &cold, &format!("{round}-{number}"), &stop, &claims)
            })
        });
        Burst { clients: clients.collect(), stop, claims }
    }

    /// Waits until this many claims are answered since the beginning.
    pub fn wait_for(&self, claims: u64) {
        while self.claims.load(Ordering::Relaxed) < claims {
            assert!(self.clients.iter().all(|client| !client.is_finished()), "a client gave up");
            std::thread::yield_now();
        }
    }

    /// The number of answered claims so far.
    pub fn claims(&self) -> u64 {
        self.claims.load(Ordering::Relaxed)
    }

    /// Ends the burst and adds its results to `total`.
    pub fn end(self, total: &mut Total) {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            total.add(client.join().expect("a client that was answered"));
        }
    }
}

fn claim_until(
    mut client: Persistent,
    hot: &str,
    cold: &[String],
    name: &str,
    stop: &AtomicBool,
    claims: &AtomicU64,
) -> RequestOutcome {
    let mut answered = RequestOutcome::default();
    for n in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        // Every third claim is for a cold card. A holder claims the hot card more often than the limit allows.
        let card = if n % 3 == 2 { &cold[(n as usize / 3 + name.len()) % cold.len()] } else { hot };
        let openid = format!("{name}-{}", n / (2 * (GET_LIMIT + 1)));
        let claim = json!({"card_id": card, "openid": openid, "request_no": format!("{name} {n}")});
        let answer = client.ask("/wallet/v1/claim", &claim);
        match answer["errcode"].as_i64() {
            Some(0) => {
                let code = answer["code"].as_str().expect("a code").to_owned();
                claims.fetch_add(1, Ordering::Relaxed);
                if n % 5 == 0 {
                    consume(&mut client, &code);
                    answered.consumed += 1;
                }
                answered.codes.push((card.to_owned(), openid, code));
            }
            Some(45_033) => answered.refused.push((card.to_owned(), openid)),
            _ => panic!("{answer}"),
        }
    }
    (answered.again, answered.longest) = (client.again, client.longest);
    answered
}

/// Consumes a code. If the first request was interrupted, it may have been done; then the second one is refused.
fn consume(client: &mut Persistent, code: &str) {
    let before = client.again;
    let answer = client.ask("/card/code/consume", &json!({"code": code}));
    let done = answer["errcode"] == 0 || (client.again > before && answer["errcode"] == 40_099);
    assert!(done, "{answer}");
}

/// The results of all clients of a test.
#[derive(Default)]
pub struct Total {
    codes: HashMap<String, (String, String)>,
    of_holder: BTreeMap<(String, String), u64>,
    by_card: BTreeMap<String, i64>,
    refused: BTreeMap<(String, String), u64>,
    pub consumed: u64,
    pub again: u64,
    pub longest: Duration,
}

impl Total {
    fn add(&mut self, answered: RequestOutcome) {
        for (card, openid, code) in answered.codes {
            let before = self.codes.insert(code.clone(), (card.clone(), openid.clone()));
            assert_eq!(before, None, "code {code} was given out twice");
            *self.of_holder.entry((card.clone(), openid)).or_default() += 1;
            *self.by_card.entry(card).or_default() += 1;
        }
        for refused in answered.refused {
            *self.refused.entry(refused).or_default() += 1;
        }
        self.consumed += answered.consumed;
        self.again += answered.again;
        self.longest = self.longest.max(answered.longest);
    }

    /// The number of answered claims.
    pub fn claims(&self) -> usize {
        self.codes.len()
    }

    /// Checks that every answered claim and consume exists once, and that nothing else exists. Compares the stock of
    /// every card, the events of the log, and the consumed codes.
    pub fn check(&self, site: &Site, balancer: &Balancer, cards: &Cards) {
        assert!(self.of_holder.values().all(|codes| *codes <= GET_LIMIT), "a holder got more than get_limit");
        assert!(!self.refused.is_empty(), "no holder asked for too many");
        for refused in self.refused.keys() {
            assert_eq!(self.of_holder.get(refused), Some(&GET_LIMIT), "{refused:?} was refused too early");
        }
        let mut client = Persistent::new(site, balancer);
        for card in cards.cold.iter().chain([&cards.hot]) {
            let answer = client.ask("/card/get", &json!({"card_id": card}));
            let sku = &answer["card"]["groupon"]["base_info"]["sku"];
            let claimed = self.by_card.get(card).copied().unwrap_or(0);
            assert_eq!(sku["quantity"], json!(cards.stock - claimed), "the stock of {card}");
        }
        let counted = |sql: &str| site.number(sql);
        assert_eq!(counted("SELECT count(*) FROM codes"), self.claims() as i64, "codes");
        assert_eq!(
            counted("SELECT count(*) FROM events WHERE kind = 11"),
            self.claims() as i64,
            "claim events"
        );
        assert_eq!(
            counted("SELECT count(DISTINCT code_seq) FROM events WHERE kind = 12"),
            self.consumed as i64
        );
        assert_eq!(
            counted("SELECT count(*) FROM events WHERE kind = 12"),
            self.consumed as i64,
            "consume events"
        );
        // The log has every number once, from the first to the last.
        assert_eq!(counted("SELECT max(seq) - count(*) FROM events"), 0, "gaps in the log");
        assert_eq!(counted("SELECT count(*) - count(DISTINCT seq) FROM events"), 0, "numbers given twice");
        let over = format!(
            "SELECT count(*) FROM (SELECT 1 FROM codes GROUP BY card_no, openid HAVING count(*) > {GET_LIMIT}) over"
        );
        assert_eq!(counted(&over), 0, "over get_limit");
    }
}

/// All clients claim one card, each for its own holders, until the stock is empty. Returns the number of codes.
pub fn sell_out(site: &Site, balancer: &Balancer, card: &str) -> usize {
    let clients = (0..CLIENTS).map(|number| {
        let (mut client, card) = (Persistent::new(site, balancer), card.to_owned());
        std::thread::spawn(move || {
            let claim = |n: u32| json!({"card_id": card, "openid": format!("{number}-{n}")});
            let answers = (0..).map(|n| client.ask("/wallet/v1/claim", &claim(n)));
            answers
                .take_while(|answer| match answer["errcode"].as_i64() {
                    Some(45_031) => false,
                    code => code == Some(0) || panic!("{answer}"),
                })
                .count()
        })
    });
    let clients: Vec<JoinHandle<usize>> = clients.collect();
    clients.into_iter().map(|client| client.join().expect("a client that was answered")).sum()
}
