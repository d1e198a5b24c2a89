//! The acts of the merchant and its customers, day by day: views, claims, visits to the till. This module creates
//! operations and reads their replies. It never changes a row itself, so all rules apply.

use super::agenda::{Act, Agenda, PlannedAct};
use super::calendar::{self, PHONE, TILL};
use super::merchant::{Habit, Offer};
use super::rng::Rng;
use kaquan_core::card::ModifyStock;
use kaquan_core::code::{
    AcceptGift, Claim, ClaimOutcome, CodeRef, Consume, DeleteCode, Gift, MakeUnavailable, View,
};
use kaquan_core::error::{ErrCode, Result};
use kaquan_core::id::{CardId, OpenId};
use kaquan_core::member::{Activate, MemberChange, Pay, UpdateMember};
use kaquan_core::operation::{Operation, Reply};
use kaquan_core::time::{DAY_SECS, Day, Timestamp};
use std::collections::{HashMap, HashSet};

/// Average visits of a holder on an ordinary day.
const VISITS: f64 = 0.5;
/// Average payments of a member on an ordinary day.
const PAYMENTS: f64 = 0.045;
/// The channels through which people come, with their weights.
const CHANNELS: &[(&str, f64)] =
    &[("menu", 5.0), ("qr_table", 4.0), ("article", 2.0), ("share", 1.5), ("groupchat", 1.0)];

/// A card that was created.
#[derive(Debug, Clone)]
pub struct OpenCard {
    /// The id of the card.
    pub id: CardId,
    /// The demo's name of the card.
    pub key: &'static str,
    habit: Habit,
    /// The last time at which the card can be claimed, if there is one.
    pub until: Option<Timestamp>,
}

impl OpenCard {
    /// The card that was created for this offer.
    pub fn new(offer: &Offer, id: CardId, until: Option<Timestamp>) -> OpenCard {
        OpenCard { id, key: offer.key, habit: offer.habit, until }
    }

    fn is_member_card(&self) -> bool {
        matches!(self.key, "member_card" | "gold_card")
    }

    fn is_open(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at <= until)
    }
}

#[derive(Debug)]
struct Member {
    /// The index of the card in [`Life::open`].
    offer: usize,
    /// The index of the openid in `Life::holders`.
    holder: usize,
    code: CodeRef,
}

/// All people, and their planned acts.
#[derive(Debug)]
pub struct Life {
    rng: Rng,
    holders: Vec<OpenId>,
    /// The cards that were created so far, also those that can no longer be claimed.
    pub open: Vec<OpenCard>,
    agenda: Agenda,
    /// The number of claims by card and holder.
    claims: HashMap<(usize, usize), u32>,
    members: Vec<Member>,
    /// Pairs of card and holder for which the merchant activated a membership.
    known_members: HashSet<(usize, usize)>,
    /// The number of custom codes that were used.
    custom_codes: u64,
    first: Day,
    days: i32,
}

impl Life {
    /// Creates this many holders. 40% of them take part from the first day; the others join day by day.
    pub fn new(seed: u64, holders: usize, first: Day, days: i32, tag: &str) -> Life {
        let mut rng = Rng::new(seed);
        let holders = (0..holders).map(|_| format!("o{tag}{}", rng.text(21)).into()).collect();
        Life {
            rng,
            holders,
            open: Vec::new(),
            agenda: Agenda::default(),
            claims: HashMap::new(),
            members: Vec::new(),
            known_members: HashSet::new(),
            custom_codes: 0,
            first,
            days,
        }
    }

    fn plan(&mut self, at: Timestamp, act: Act) {
        self.agenda.plan(at, act);
    }

    /// The next acts; see [`Agenda::next`].
    pub fn next(&mut self, stretch_secs: i64, end: Timestamp) -> Vec<PlannedAct> {
        self.agenda.next(stretch_secs, end)
    }

    /// Plans the visits and payments of a day.
    pub fn plan_day(&mut self, day: Day) {
        let done = f64::from(day.0 - self.first.0) / f64::from(self.days.max(1));
        let noise = 0.94 + 0.12 * self.rng.unit();
        let busy = calendar::busy(day) * noise;
        let present =
            ((self.holders.len() as f64 * (0.4 + 0.6 * done)).ceil() as usize).min(self.holders.len());
        for _ in 0..self.rounded(present as f64 * VISITS * busy) {
            self.visit(day, present);
        }
        for _ in 0..self.rounded(self.members.len() as f64 * PAYMENTS * busy) {
            self.payment(day);
        }
    }

    /// Rounds up or down at random, so that the average stays the same.
    fn rounded(&mut self, number: f64) -> usize {
        number as usize + usize::from(self.rng.chance(number.fract()))
    }

    /// Chooses one of the first `present` holders. Some holders come far more often than others.
    fn pick_holder(&mut self, present: usize) -> usize {
        let often = self.rng.unit();
        ((often * often * present as f64) as usize).min(present.saturating_sub(1))
    }

    fn visit(&mut self, day: Day, present: usize) {
        let holder = self.pick_holder(present);
        let mut at = calendar::moment(&mut self.rng, day, &PHONE);
        let channel = CHANNELS[self.rng.weighted(CHANNELS.iter().map(|(_, weight)| *weight))].0;
        for _ in 0..self.rng.between(1, 3) {
            let weights: Vec<f64> =
                self.open.iter().map(|open| if open.is_open(at) { open.habit.draw } else { 0.0 }).collect();
            let offer = self.rng.weighted(weights.iter().copied());
            let (habit, member_card) = (self.open[offer].habit, self.open[offer].is_member_card());
            self.plan(at, Act::View { offer, holder, channel });
            let had = self.claims.get(&(offer, holder)).copied().unwrap_or(0);
            if had < habit.limit && self.open[offer].is_open(at.plus(900)) && self.rng.chance(habit.claim) {
                self.claims.insert((offer, holder), had + 1);
                let soon = at.plus(self.rng.between(20, 220));
                self.plan(soon, Act::Claim { offer, holder, channel });
            } else if member_card && had > 0 && self.rng.chance(0.02) {
                self.leave(at.plus(60), offer, holder);
            }
            at = at.plus(self.rng.between(20, 240));
        }
    }

    /// Plans that a member deletes the card. About a third of these members claim the card again 1 to 12 days later;
    /// the claim restores the membership.
    fn leave(&mut self, at: Timestamp, offer: usize, holder: usize) {
        let Some(i) = self.members.iter().position(|member| (member.offer, member.holder) == (offer, holder))
        else {
            return;
        };
        let code = self.members.swap_remove(i).code;
        self.plan(at, Act::Delete { holder, code });
        if self.rng.chance(0.35) {
            let back = at.plus(self.rng.between(DAY_SECS, 12 * DAY_SECS));
            self.plan(back, Act::Claim { offer, holder, channel: "menu" });
        }
    }

    fn payment(&mut self, day: Day) {
        let i = self.rng.below(self.members.len());
        let Member { offer, holder, code } = &self.members[i];
        let (offer, holder, code) = (*offer, *holder, code.clone());
        let gold = self.open[offer].key == "gold_card";
        let at = calendar::moment(&mut self.rng, day, &TILL);
        let due = 100 * (18 + self.rng.wait(64.0) as i64);
        let fee = if gold { due * 95 / 100 } else { due };
        self.plan(at.plus(-90), Act::View { offer, holder, channel: "till" });
        self.plan(at, Act::Pay { code: code.clone(), fee, due });
        let money = if gold && self.rng.chance(0.08) { 50_000 } else { 0 };
        let points = fee / 100 * if gold { 2 } else { 1 };
        self.plan(at.plus(5), Act::Credit { code, points, money });
    }

    /// The operation for an act.
    pub fn operation(&mut self, act: &Act) -> Operation {
        let openid = |holder: usize| self.holders[holder].clone();
        match act.clone() {
            Act::View { offer, holder, channel } => {
                let card_id = self.open[offer].id.clone();
                View { card_id, openid: openid(holder), outer_str: Some(channel.to_owned()) }.into()
            }
            Act::Claim { offer, holder, channel } => {
                let (card_id, openid) = (self.open[offer].id.clone(), openid(holder));
                let code = (self.open[offer].key == "gift_box").then(|| {
                    self.custom_codes += 1;
                    format!("BS-LH-{:06}", self.custom_codes).into()
                });
                Claim {
                    code,
                    outer_str: Some(channel.to_owned()),
                    ..Claim::of(card_id, openid, kaquan_core::code::Via::Server)
                }
                .into()
            }
            Act::Consume { code } => Consume::of(code).into(),
            Act::Give { holder, to, code, .. } => {
                Gift { to: to.map(openid), ..Gift::of(code, openid(holder)) }.into()
            }
            Act::Accept { holder, code, .. } => AcceptGift { code, openid: openid(holder) }.into(),
            Act::Delete { holder, code } => DeleteCode { code, openid: openid(holder) }.into(),
            Act::Void { code } => MakeUnavailable { code, reason: Some("订单已退款".to_owned()) }.into(),
            Act::Activate { holder, code, .. } => Activate {
                code,
                membership_number: format!("BS{:08}", holder + 1),
                begin: None,
                end: None,
                init_bonus: Some(100),
                init_balance: Some(0),
                init_bonus_record: Some("开卡赠送".to_owned()),
                custom_field_values: [Some("银叶".to_owned()), None, None],
                background_pic_url: None,
            }
            .into(),
            Act::Pay { code, fee, due } => Pay::of(code, fee, due).into(),
            Act::Credit { code, points, money } => {
                let change = MemberChange {
                    add_bonus: Some(points),
                    record_bonus: Some("消费积分".to_owned()),
                    add_balance: (money > 0).then_some(money),
                    record_balance: (money > 0).then(|| "储值".to_owned()),
                    ..MemberChange::default()
                };
                UpdateMember { code, change }.into()
            }
            Act::Restock { offer } => {
                let increase = self.holders.len().max(20) as i64;
                ModifyStock { card_id: self.open[offer].id.clone(), increase, reduce: 0 }.into()
            }
        }
    }

    /// Handles the reply to an act, and plans the acts that follow from it. A claim that finds no stock leads to a
    /// restock; other refused acts have no consequence.
    pub fn handle_reply(&mut self, at: Timestamp, act: Act, answer: &Result<Reply>) {
        match (act, answer) {
            (Act::Claim { offer, holder, .. }, Ok(Reply::Claim(claimed))) => {
                let code = self.code(offer, claimed);
                match self.open[offer].is_member_card() {
                    true => self.plan_membership(at, offer, holder, code),
                    false => self.plan_fate(at, offer, holder, code, self.open[offer].habit),
                }
            }
            (Act::Claim { offer, .. }, Err(error)) if error.code == ErrCode::StockOutOfLimit => {
                self.plan(at.plus(1800), Act::Restock { offer });
            }
            (Act::Give { offer, holder, to, code }, Ok(_)) if self.rng.chance(0.74) => {
                let friend = to.unwrap_or_else(|| self.rng.below(self.holders.len()));
                let wait = self.rng.wait(4.0 * 3600.0).min(23.0 * 3600.0) as i64;
                if friend != holder {
                    self.plan(at.plus(60 + wait), Act::Accept { offer, holder: friend, code });
                }
            }
            (Act::Accept { offer, holder, .. }, Ok(Reply::AcceptGift(claimed))) => {
                let code = self.code(offer, claimed);
                let habit = self.open[offer].habit;
                self.plan_fate(
                    at,
                    offer,
                    holder,
                    code,
                    Habit { consume: 0.8, give: 0.0, delete: 0.01, ..habit },
                );
            }
            (Act::Activate { offer, holder, code }, Ok(_)) => {
                self.known_members.insert((offer, holder));
                self.members.push(Member { offer, holder, code });
            }
            _ => {}
        }
    }

    /// A reference to a code that was just issued.
    fn code(&self, offer: usize, claimed: &ClaimOutcome) -> CodeRef {
        match &claimed.custom {
            Some(text) => {
                let card_id = Some(self.open[offer].id.clone());
                CodeRef { text: text.clone(), seq: None, card_id, dynamic_after: None }
            }
            None => CodeRef { text: "".into(), seq: Some(claimed.seq), card_id: None, dynamic_after: None },
        }
    }

    /// Handles a claimed member card. It is active at once, or restored with its activation, or the merchant activates
    /// it later, or it is never activated.
    fn plan_membership(&mut self, at: Timestamp, offer: usize, holder: usize, code: CodeRef) {
        if self.open[offer].key == "member_card" || self.known_members.contains(&(offer, holder)) {
            self.members.push(Member { offer, holder, code });
        } else if self.rng.chance(0.86) {
            let wait = self.rng.wait(5400.0) as i64;
            self.plan(at.plus(90 + wait), Act::Activate { offer, holder, code });
        }
    }

    /// Decides at random whether the holder consumes, gives or deletes a code, or the merchant voids it. Plans the act.
    fn plan_fate(&mut self, at: Timestamp, offer: usize, holder: usize, code: CodeRef, habit: Habit) {
        let mut left = self.rng.unit();
        let mut picked = |share: f64| {
            left -= share;
            left < 0.0
        };
        if picked(habit.consume) {
            let when = self.till_time(at, habit.days);
            if self.rng.chance(0.7) {
                self.plan(when.plus(-60), Act::View { offer, holder, channel: "till" });
            }
            self.plan(when, Act::Consume { code });
        } else if picked(habit.give) {
            let to = self.rng.below(self.holders.len());
            let to = (to != holder && self.rng.chance(0.5)).then_some(to);
            let wait = self.rng.between(600, 3 * DAY_SECS);
            self.plan(at.plus(wait), Act::Give { offer, holder, to, code });
        } else if picked(habit.delete) {
            let wait = self.rng.between(3600, 10 * DAY_SECS);
            self.plan(at.plus(wait), Act::Delete { holder, code });
        } else if picked(habit.void) {
            let wait = self.rng.between(3600, 5 * DAY_SECS);
            self.plan(at.plus(wait), Act::Void { code });
        }
    }

    /// The time at which a code that is claimed now is used at the till: within 90 minutes, or on a later day.
    fn till_time(&mut self, at: Timestamp, days: f64) -> Timestamp {
        let wait = self.rng.wait(days);
        let hour = (at.0 - at.day().start().0) / 3600;
        if wait < 0.8 && (9..20).contains(&hour) {
            return at.plus(self.rng.between(300, 5400));
        }
        let mut day = at.day().plus(1 + wait as i32);
        if self.rng.unit() * 1.4 > calendar::busy(day) {
            day = day.plus(self.rng.between(1, 3) as i32);
        }
        calendar::moment(&mut self.rng, day, &TILL)
    }
}
