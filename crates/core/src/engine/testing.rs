//! A small world for tests. All rows are in maps, and operations are loaded, applied and written back as a store and
//! a ledger do it. After every refusal, the working set is checked to be unchanged. The unit tests and the
//! integration tests of this crate both use this file, so it names the crate from outside.

#![allow(dead_code, reason = "two test binaries use it, and neither needs all of it")]

use kaquan_core::app::{App, Counters, ReviewPolicy};
use kaquan_core::card::{Card, CreateCard, Object, Source};
use kaquan_core::code::Consume;
use kaquan_core::code::{AcceptGift, Code, CodeRef, CodeState, DeleteCode, Gift, MakeUnavailable};
use kaquan_core::code::{Claim, Via};
use kaquan_core::engine::{
    Command, CustomCode, HeldCode, HolderCard, Keys, Pool, Query, RecordKey, StoredRecord, WorkingSet,
    load_until_complete,
};
use kaquan_core::error::{ErrCode, Result};
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq, CodeText, OpenId};
use kaquan_core::member::Member;
use kaquan_core::time::{DAY_SECS, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// 2026-11-23 10:00:00 at UTC+8: the time when worlds begin.
pub const START: Timestamp = Timestamp(1_795_399_200);

/// One app with all its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    pub app: App,
    pub counters: Counters,
    pub now: Timestamp,
    pub cards: BTreeMap<CardNo, Card>,
    pub card_ids: BTreeMap<CardId, CardNo>,
    pub codes: BTreeMap<CodeSeq, Code>,
    pub custom_codes: BTreeMap<(CardNo, CodeText), CustomCode>,
    pub pools: BTreeMap<CardNo, Pool>,
    pub members: BTreeMap<CodeSeq, Member>,
    pub records: BTreeMap<RecordKey, StoredRecord>,
    pub events: Vec<Event>,
}

impl World {
    /// An empty world that approves cards at once.
    pub fn new() -> World {
        World::reviewed_by(ReviewPolicy::Auto)
    }

    /// An empty world.
    pub fn reviewed_by(review: ReviewPolicy) -> World {
        World {
            app: App::new(AppId(1), review),
            counters: Counters { card_no: 1, code_seq: 1, event_seq: 1, latest: Timestamp(0) },
            now: START,
            cards: BTreeMap::new(),
            card_ids: BTreeMap::new(),
            codes: BTreeMap::new(),
            custom_codes: BTreeMap::new(),
            pools: BTreeMap::new(),
            members: BTreeMap::new(),
            records: BTreeMap::new(),
            events: Vec::new(),
        }
    }

    /// Applies an operation at the world's time and keeps the changes.
    pub fn run<O: Command>(&mut self, op: O) -> Result<O::Reply> {
        self.batch(std::slice::from_ref(&op)).remove(0)
    }

    /// Applies operations in one working set, as a batch of the ledger does, and keeps the changes. After -1 it runs
    /// each operation alone, as the ledger does: an operation may need a row that an earlier one of the batch made
    /// necessary.
    pub fn batch<O: Command>(&mut self, ops: &[O]) -> Vec<Result<O::Reply>> {
        let mut set = self.loaded(|set, keys| ops.iter().for_each(|op| op.reads(set, keys)));
        let mut replies = Vec::new();
        for op in ops {
            let before = set.clone();
            let reply = op.apply(&mut set, self.now);
            if ops.len() > 1 && matches!(&reply, Err(refusal) if refusal.code == ErrCode::SystemError) {
                return ops.iter().flat_map(|op| self.batch(std::slice::from_ref(op))).collect();
            }
            if let Err(refusal) = &reply {
                assert_eq!(set, before, "refused with {refusal}, and changed something");
                assert_ne!(refusal.code, ErrCode::SystemError, "{refusal}");
            }
            replies.push(reply);
        }
        self.write(set);
        replies
    }

    /// Runs a query.
    pub fn ask<Q: Query>(&self, query: Q) -> Result<Q::Reply> {
        query.run(&self.loaded(|set, keys| query.reads(set, keys)), self.now)
    }

    /// A working set with the rows that `reads` declares.
    pub fn loaded(&self, reads: impl Fn(&WorkingSet, &mut Keys)) -> WorkingSet {
        let mut set = WorkingSet::new(self.app.clone(), self.counters);
        load_until_complete(&mut set, reads, |keys, set| {
            self.load(keys, set);
            Ok::<_, kaquan_core::Error>(())
        })
        .expect("keys come to an end");
        set
    }

    fn load(&self, keys: &Keys, set: &mut WorkingSet) {
        let Keys { card_ids, cards, codes, custom_codes, holders, claims, pools, members, records } = keys;
        for id in card_ids {
            let no = self.card_ids.get(id).copied();
            set.card_ids.load(id.clone(), no);
            if let Some(no) = no {
                set.cards.load(no, self.cards.get(&no).cloned());
            }
        }
        cards.iter().for_each(|no| set.cards.load(*no, self.cards.get(no).cloned()));
        codes.iter().for_each(|seq| set.codes.load(*seq, self.codes.get(seq).cloned()));
        for key in custom_codes {
            set.custom_codes.load(key.clone(), self.custom_codes.get(key).copied());
        }
        for (card, openid) in holders {
            set.holders.insert((*card, openid.clone()), self.holder(*card, openid));
        }
        for (card, openid) in claims {
            set.claims.insert((*card, openid.clone()), self.holder(*card, openid).claims());
        }
        for (card, draws) in pools {
            let pool = self.pools.get(card).map(|pool| {
                let head = self.waiting(*card).into_values().take(*draws).cloned().collect();
                Pool { head, ..pool.clone() }
            });
            for text in pool.iter().flat_map(|pool| &pool.head) {
                let key = (*card, text.clone());
                set.custom_codes.load(key.clone(), self.custom_codes.get(&key).copied());
            }
            set.pools.load(*card, pool);
        }
        members.iter().for_each(|seq| set.members.load(*seq, self.members.get(seq).cloned()));
        records.iter().for_each(|key| set.records.load(key.clone(), self.records.get(key).cloned()));
    }

    /// Imported codes that are not claimed, by their place in the queue.
    fn waiting(&self, card: CardNo) -> BTreeMap<i64, &CodeText> {
        let codes = self.custom_codes.iter().filter(|((of, _), _)| *of == card);
        codes
            .filter_map(|((_, text), custom)| match custom {
                CustomCode::Deposited(place) => Some((*place, text)),
                _ => None,
            })
            .collect()
    }

    /// The codes that a holder has or had of a card, according to the events.
    pub fn holder(&self, card: CardNo, openid: &OpenId) -> HolderCard {
        let mut holder = HolderCard::default();
        for event in self.events.iter().filter(|event| event.card == card) {
            let Some(seq) = event.code else { continue };
            match event.kind {
                EventKind::Claim if event.openid.as_ref() == Some(openid) => {
                    holder.codes.push(HeldCode { seq, claimed: true, consumed: false });
                }
                EventKind::GiftAccept if event.friend.as_ref() == Some(openid) => {
                    holder.codes.push(HeldCode { seq, claimed: false, consumed: false });
                }
                EventKind::Consume => holder.set_consumed(seq, true),
                EventKind::ConsumeReturn => holder.set_consumed(seq, false),
                _ => {}
            }
        }
        holder
    }

    fn write(&mut self, set: WorkingSet) {
        for ((card, text), custom, _) in set.custom_codes.changed() {
            self.custom_codes.insert((*card, text.clone()), *custom);
        }
        self.cards.extend(set.cards.changed().map(|(no, card, _)| (*no, card.clone())));
        self.card_ids.extend(set.card_ids.changed().map(|(id, no, _)| (id.clone(), *no)));
        self.codes.extend(set.codes.changed().map(|(seq, code, _)| (*seq, code.clone())));
        self.members.extend(set.members.changed().map(|(seq, member, _)| (*seq, member.clone())));
        self.records.extend(set.records.changed().map(|(key, record, _)| (key.clone(), record.clone())));
        set.records.removed().for_each(|key| drop(self.records.remove(key)));
        self.pools.extend(
            set.pools.changed().map(|(no, pool, _)| (*no, Pool { head: Default::default(), ..pool.clone() })),
        );
        self.events.extend(set.events);
        self.counters = set.counters;
    }

    /// Creates a card from its document and returns its id.
    pub fn create(&mut self, card: Value) -> CardId {
        let card_id = CardId::from(format!("p{:027}", self.counters.card_no));
        self.run(CreateCard { card_id, source: Source::Api, card: object(card) }).expect("a card")
    }

    /// A holder claims a card. Returns a reference to the code.
    pub fn claim(&mut self, card: &CardId, openid: &str) -> CodeRef {
        self.claim_as(card, openid, None)
    }

    /// A holder claims a card with custom codes.
    pub fn claim_as(&mut self, card: &CardId, openid: &str, code: Option<&str>) -> CodeRef {
        let claim =
            Claim { code: code.map(Into::into), ..Claim::of(card.clone(), openid.into(), Via::Server) };
        let claimed = self.run(claim).expect("a code");
        self.code_ref(claimed.seq)
    }

    /// A reference to this code.
    pub fn code_ref(&self, seq: CodeSeq) -> CodeRef {
        let code = &self.codes[&seq];
        match &code.custom {
            Some(text) => CodeRef {
                text: text.clone(),
                seq: None,
                card_id: Some(self.cards[&code.card].id.clone()),
                dynamic_after: None,
            },
            None => CodeRef {
                text: format!("{:012}", seq.0).into(),
                seq: Some(seq),
                card_id: None,
                dynamic_after: None,
            },
        }
    }

    /// The card with this id.
    pub fn card(&self, id: &CardId) -> &Card {
        &self.cards[&self.card_ids[id]]
    }

    /// The code of a reference.
    pub fn code(&self, code: &CodeRef) -> &Code {
        match (code.seq, &code.card_id) {
            (Some(seq), _) => &self.codes[&seq],
            (None, Some(card)) => match self.custom_codes[&(self.card_ids[card], code.text.clone())] {
                CustomCode::Issued(seq) => &self.codes[&seq],
                other => panic!("{} is {other:?}", code.text),
            },
            (None, None) => panic!("{} without its card", code.text),
        }
    }

    /// The state of a code now.
    pub fn state(&self, code: &CodeRef) -> CodeState {
        let code = self.code(code);
        code.state_at(&self.app, &self.cards[&code.card], self.now)
    }

    /// A world with a code of this card, in this state. "giver" claimed the code an hour before now. The code of a
    /// card with custom codes is "custom".
    pub fn with_code_in(state: CodeState, card: Value) -> (World, CodeRef) {
        let mut world = World::new();
        let card = world.create(card);
        let custom = world.card(&card).terms.code_mode.is_custom().then_some("custom");
        let code = world.claim_as(&card, "giver", custom);
        world.bring(&code, state);
        world.pass(3600);
        (world, code)
    }

    fn bring(&mut self, code: &CodeRef, state: CodeState) {
        let (by, openid) = (code.clone(), OpenId::from("giver"));
        let done = match state {
            CodeState::Normal => Ok(()),
            CodeState::Consumed => self.run(Consume::of(by)).map(drop),
            CodeState::Expire => {
                let end = self.code(code).window(&self.cards[&self.code(code).card]).end;
                self.now = end.moment().expect("a window that ends");
                Ok(())
            }
            CodeState::Gifting => self.run(Gift::of(by, openid)),
            CodeState::GiftSucc => {
                self.bring(code, CodeState::Gifting);
                self.run(AcceptGift { code: by, openid: "friend".into() }).map(drop)
            }
            CodeState::GiftTimeout => {
                self.bring(code, CodeState::Gifting);
                self.app.gift_timeout_secs = 3600;
                Ok(())
            }
            CodeState::Delete => self.run(DeleteCode { code: by, openid }),
            CodeState::Unavailable => self.run(MakeUnavailable { code: by, reason: None }),
        };
        done.expect("the state can be reached");
    }

    /// Moves the world's time forward.
    pub fn pass(&mut self, secs: i64) {
        self.now = self.now.plus(secs);
    }

    /// The kinds of the events since number `from`, in order.
    pub fn kinds_since(&self, from: usize) -> Vec<EventKind> {
        self.events[from..].iter().map(|event| event.kind).collect()
    }
}

/// Every state that a code can have.
pub const STATES: [CodeState; 8] = [
    CodeState::Normal,
    CodeState::Consumed,
    CodeState::Expire,
    CodeState::Gifting,
    CodeState::GiftSucc,
    CodeState::GiftTimeout,
    CodeState::Delete,
    CodeState::Unavailable,
];

/// The errcode of a refusal; `None` for a success.
pub fn refusal<T>(result: Result<T>) -> Option<ErrCode> {
    result.err().map(|error| error.code)
}

/// A JSON object out of `json!`.
pub fn object(value: Value) -> Object {
    value.as_object().cloned().expect("an object")
}

/// A reference to a code that does not exist, or belongs to another card.
pub fn no_code() -> CodeRef {
    CodeRef { text: "999999999999".into(), seq: Some(CodeSeq(999_999)), card_id: None, dynamic_after: None }
}

/// A group purchase with a window of one day. `base_info` changes its fields.
pub fn groupon(base_info: Value) -> Value {
    let base = json!({
        "logo_url": "http://mmbiz.qpic.cn/a", "code_type": "CODE_TYPE_TEXT", "brand_name": "brand",
        "title": "title", "color": "Color010", "notice": "notice", "description": "description",
        "date_info": range(-DAY_SECS, DAY_SECS), "sku": {"quantity": 100},
    });
    json!({"card_type": "GROUPON", "groupon": {"base_info": merged(base, base_info), "deal_detail": "deal"}})
}

/// A group purchase with deposited codes.
pub fn deposit_card() -> Value {
    groupon(json!({
        "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT", "sku": {"quantity": 0},
    }))
}

/// A member card without an end that is active only after activation. `section` changes its fields.
pub fn member_card(base_info: Value, section: Value) -> Value {
    let Value::Object(mut card) = groupon(json!({"date_info": {"type": "DATE_TYPE_PERMANENT"}})) else {
        panic!("a card is an object")
    };
    let base = merged(card["groupon"]["base_info"].clone(), base_info);
    let own = json!({
        "base_info": base, "prerogative": "all", "supply_bonus": true, "supply_balance": true,
        "activate_url": "http://a",
    });
    card.clear();
    json!({"card_type": "MEMBER_CARD", "member_card": merged(own, section)})
}

/// A gift card that begins with 5 points and 10 yuan. `section` changes its fields.
pub fn general_card(base_info: Value, section: Value) -> Value {
    let Value::Object(card) = groupon(base_info) else { panic!("a card is an object") };
    let own = json!({
        "base_info": card["groupon"]["base_info"], "sub_card_type": "GIFT_CARD", "supply_bonus": true,
        "supply_balance": true, "init_bonus": 5, "init_balance": 1000,
    });
    json!({"card_type": "GENERAL_CARD", "general_card": merged(own, section)})
}

/// A FIX_TIME_RANGE around the beginning of worlds.
pub fn range(from_start: i64, to_start: i64) -> Value {
    json!({
        "type": "DATE_TYPE_FIX_TIME_RANGE",
        "begin_timestamp": START.0 + from_start, "end_timestamp": START.0 + to_start,
    })
}

/// `base`, in which the values of `over` replace its own. `null` removes a key.
pub fn merged(mut base: Value, over: Value) -> Value {
    for (key, value) in object(over) {
        match value {
            Value::Null => drop(base.as_object_mut().map(|base| base.remove(&key))),
            value => base[key] = value,
        }
    }
    base
}
