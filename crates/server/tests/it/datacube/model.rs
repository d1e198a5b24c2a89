//! Two weeks of random events, counted twice: by kaquan, and here in the simplest way from the answers alone. The
//! random numbers have a seed, so a failure can be repeated.

use super::report;
use crate::support::*;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

const DAYS: i32 = 14;
const DAY: i64 = 86_400;

/// A code that a holder has.
#[derive(Clone)]
struct HeldCode {
    text: String,
    card: usize,
    holder: String,
    end: i64,
}

/// The events: day, metric, card, holder.
type Log = Vec<(i32, &'static str, usize, String)>;

/// A merchant with two coupons and two member cards, and this test's own data about them.
struct Model {
    server: TestServer,
    dice: Rng,
    cards: Vec<String>,
    held: Vec<HeldCode>,
    log: Log,
    fees: BTreeMap<(i32, usize), (i64, i64)>,
    today: i32,
    /// The members of each card at the end of each day.
    members: BTreeMap<(i32, usize), BTreeSet<String>>,
    claimers: BTreeMap<(i32, usize), BTreeSet<String>>,
    ever: [BTreeSet<String>; 4],
}

impl Model {
    fn new(seed: u64) -> Model {
        let server = TestServer::start();
        let term = json!({"date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 3}});
        let range = json!({"date_info": {
            "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": NOON.0, "end_timestamp": NOON.0 + 8 * DAY + 77,
        }});
        let beside = || json!({"auto_activate": true});
        let cards = vec![
            server.create(card_with("GROUPON", term.clone())),
            server.create(card_with("CASH", range)),
            server.create(card_with_both("MEMBER_CARD", json!({}), beside())),
            server.create(card_with_both("MEMBER_CARD", term, beside())),
        ];
        Model {
            server,
            dice: Rng::with_seed(seed),
            cards,
            held: Vec::new(),
            log: Log::new(),
            fees: BTreeMap::new(),
            today: 0,
            members: BTreeMap::new(),
            claimers: BTreeMap::new(),
            ever: Default::default(),
        }
    }

    fn note(&mut self, metric: &'static str, card: usize, holder: &str) {
        self.log.push((self.today, metric, card, holder.to_owned()));
    }

    fn any_holder(&mut self) -> String {
        format!("o{}", self.dice.usize(..9))
    }

    /// One of the valid codes; `member` selects those of member cards.
    fn some_code(&mut self, member: bool) -> Option<usize> {
        let now = self.server.now();
        let good: Vec<usize> = (0..self.held.len())
            .filter(|n| self.held[*n].end >= now && (self.held[*n].card >= 2) == member)
            .collect();
        match good.len() {
            0 => None,
            n => Some(good[self.dice.usize(..n)]),
        }
    }

    fn claim(&mut self) {
        let (card, holder) = (self.dice.usize(..4), self.any_holder());
        let body = json!({"card_id": self.cards[card], "openid": holder});
        let reply = self.server.post("/wallet/v1/claim", body);
        if reply["errcode"] != 0 {
            assert_eq!((card, &reply["errcode"]), (1, &json!(40079)), "only the range can be over: {reply}");
            return;
        }
        let text = reply["code"].as_str().unwrap().to_owned();
        let got = self.server.ok("/card/code/get", json!({"code": text}));
        let end = got["card"]["end_time"].as_i64().unwrap();
        if self.held.iter().any(|held| held.text == text) {
            // A claim by a holder who already has the member card counts only as a view.
            self.note("view", card, &holder);
            return;
        }
        self.held.push(HeldCode { text, card, holder: holder.clone(), end });
        self.note("receive", card, &holder);
        if card >= 2 {
            self.note("active", card, &holder);
            if self.ever[card].insert(holder.clone()) {
                self.note("new", card, &holder);
            }
        }
    }

    fn step(&mut self) {
        match self.dice.usize(..10) {
            0..=3 => self.claim(),
            4 | 5 => {
                let (card, holder) = (self.dice.usize(..4), self.any_holder());
                super::view(&self.server, &self.cards[card], &holder);
                self.note("view", card, &holder);
            }
            6 => {
                let Some(n) = self.some_code(false) else { return };
                let held = self.held.swap_remove(n);
                self.server.consume(&held.text);
                self.note("verify", held.card, &held.holder);
            }
            7 => {
                let Some(n) = self.some_code(true) else { return };
                let HeldCode { text, card, holder, .. } = self.held[n].clone();
                let (fee, due) = (self.dice.usize(..50) as i64, 50 + self.dice.usize(..50) as i64);
                super::pay(&self.server, &text, fee, due);
                let sums = self.fees.entry((self.today, card)).or_default();
                *sums = (sums.0 + fee, sums.1 + due);
                self.note("verify", card, &holder);
            }
            8 => {
                let member = self.dice.usize(..2) == 0;
                let Some(n) = self.some_code(member) else { return };
                let (giver, friend) = (self.held[n].holder.clone(), self.any_holder());
                if giver == friend {
                    return;
                }
                self.held[n].text = self.server.give(&self.held[n].text, &giver, &friend);
                self.held[n].holder = friend;
                // Gifts are counted for coupons. The reports of member cards do not have them.
                self.note("given", self.held[n].card, &giver);
            }
            _ => {
                let member = self.dice.usize(..2) == 0;
                let Some(n) = self.some_code(member) else { return };
                let held = self.held.swap_remove(n);
                self.server.ok("/card/code/unavailable", json!({"code": held.text}));
            }
        }
    }

    /// Ends a day: codes whose window has ended expire, and the remaining members are counted.
    fn end_day(&mut self) {
        self.server.move_to(1, 0);
        let midnight = self.server.now();
        let (kept, over): (Vec<HeldCode>, Vec<HeldCode>) =
            std::mem::take(&mut self.held).into_iter().partition(|held| held.end >= midnight);
        self.held = kept;
        for held in over {
            self.note("expire", held.card, &held.holder);
        }
        for card in 2..4 {
            let members = self.held.iter().filter(|held| held.card == card).map(|held| held.holder.clone());
            self.members.insert((self.today, card), members.collect());
            let claimed = self.log.iter().filter(|entry| entry.1 == "receive" && entry.2 == card);
            self.claimers.insert((self.today, card), claimed.map(|entry| entry.3.clone()).collect());
        }
        self.today += 1;
    }

    /// The number of events and of distinct holders of a metric, on a day, for some cards.
    fn count(&self, day: i32, metric: &str, cards: &[usize]) -> (i64, i64) {
        let of =
            self.log.iter().filter(|entry| entry.0 == day && entry.1 == metric && cards.contains(&entry.2));
        let holders: Vec<&String> = of.map(|entry| &entry.3).collect();
        (holders.len() as i64, holders.iter().collect::<BTreeSet<_>>().len() as i64)
    }

    fn distinct(&self, of: &BTreeMap<(i32, usize), BTreeSet<String>>, day: i32, cards: &[usize]) -> i64 {
        cards.iter().flat_map(|card| &of[&(day, *card)]).collect::<BTreeSet<_>>().len() as i64
    }

    /// The numbers of a row, by name.
    fn expected(&self, day: i32, cards: &[usize]) -> BTreeMap<String, i64> {
        let mut numbers = BTreeMap::new();
        for metric in ["view", "receive", "verify", "given", "expire", "active"] {
            let (cnt, user) = self.count(day, metric, cards);
            numbers.insert(format!("{metric}_cnt"), cnt);
            numbers.insert(format!("{metric}_user"), user);
        }
        if cards[0] >= 2 {
            numbers.insert("new_user".into(), self.count(day, "new", cards).1);
            numbers.insert("total_user".into(), self.distinct(&self.members, day, cards));
            numbers.insert("total_receive_user".into(), self.distinct(&self.claimers, day, cards));
            let fees = cards.iter().filter_map(|card| self.fees.get(&(day, *card)));
            let (fee, due) = fees.fold((0, 0), |sums, fees| (sums.0 + fees.0, sums.1 + fees.1));
            numbers.insert("fee".into(), fee);
            numbers.insert("payOriginalFee".into(), due);
        }
        numbers
    }

    /// Compares the rows of a report with this test's own counts. A day without a row must have only zeros in
    /// the numbers that the report shows.
    fn compare(&self, what: &str, rows: &[Value], cards: &[usize]) {
        for day in 0..DAYS {
            let date = self.server.date(day - DAYS);
            let row = rows.iter().find(|row| row["ref_date"] == date);
            for (name, expected) in self.expected(day, cards) {
                let shown = match row {
                    Some(row) if row[&name].is_null() => continue,
                    Some(row) => row[&name].as_i64().unwrap(),
                    None => 0,
                };
                let reported =
                    row.is_some() || !["given", "expire"].iter().any(|metric| name.starts_with(metric));
                if reported || cards[0] < 2 {
                    assert_eq!(shown, expected, "{what} {date} {name}: {row:?}");
                }
            }
        }
    }
}

fn two_weeks(seed: u64) {
    let mut model = Model::new(seed);
    for _ in 0..DAYS {
        for _ in 0..12 {
            model.server.clock.advance(1800);
            model.step();
        }
        model.end_day();
        if model.dice.usize(..3) == 0 {
            model.server.close_days();
        }
    }
    model.server.close_days();
    let days = (-DAYS, -1);
    let server = &model.server;
    let all = report(server, "/datacube/getcardbizuininfo", days, json!({}));
    model.compare("all coupons", &all, &[0, 1]);
    model.compare(
        "all member cards",
        &report(server, "/datacube/getcardmembercardinfo", days, json!({})),
        &[2, 3],
    );
    for card in 0..2 {
        let one = json!({"card_id": model.cards[card]});
        model.compare("a coupon", &report(server, "/datacube/getcardcardinfo", days, one), &[card]);
    }
    for card in 2..4 {
        let one = json!({"card_id": model.cards[card]});
        model.compare(
            "a member card",
            &report(server, "/datacube/getcardmembercarddetail", days, one),
            &[card],
        );
    }
    assert!(all.iter().any(|row| row["expire_cnt"] != 0) && all.iter().any(|row| row["given_cnt"] != 0));
}

#[test]
fn two_weeks_of_chance_are_counted_as_they_happened() {
    for seed in 1..=6 {
        two_weeks(seed);
    }
}
