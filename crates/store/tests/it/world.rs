//! One app in a store. The rules change it as in the ledger: keys, load, apply, commit.

use crate::place::Place;
use kaquan_core::app::ReviewPolicy;
use kaquan_core::card::{Card, CreateCard, Object, Source};
use kaquan_core::code::{AcceptGift, Claim, ClaimOutcome, CodeRef, Consume, Gift};
use kaquan_core::engine::{Command, HolderCard, Keys, WorkingSet};
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq, OpenId};
use kaquan_core::time::Timestamp;
use kaquan_store::{NewApp, Store, StoreError, Writer};
use serde_json::{Value, json};

/// 2026-11-23 10:00:00 at UTC+8.
pub const START: Timestamp = Timestamp(1_795_399_200);

pub struct World {
    pub store: Box<dyn Store>,
    pub writer: Box<dyn Writer>,
    pub app: AppId,
    pub now: Timestamp,
}

pub fn new_app(appid: &str) -> NewApp {
    NewApp {
        appid: appid.to_owned(),
        name: format!("the app {appid}"),
        review: ReviewPolicy::Auto,
        secret_digest: [1; 32],
        code_key: [2; 32],
        token_key: [3; 32],
        created_at: START,
    }
}

impl World {
    /// The app "wx1" of the store at a place. Creates the app if it does not exist.
    pub fn at(place: &dyn Place) -> World {
        let store = place.open();
        let app = store.app_by_appid("wx1").unwrap();
        let app = app.unwrap_or_else(|| store.create_app(&new_app("wx1")).unwrap()).app.id;
        let writer = store.writer().unwrap();
        World { store, writer, app, now: START }
    }

    /// The same world after the end of the process.
    pub fn reopened(self, place: &dyn Place) -> World {
        drop(self);
        World::at(place)
    }

    /// An empty working set, for rows that a test puts in.
    pub fn set(&mut self) -> WorkingSet {
        self.writer.load(self.app, &|_, _| ()).unwrap().unwrap()
    }

    /// A working set with these rows.
    pub fn set_with(&mut self, keys: &Keys) -> WorkingSet {
        self.writer.load(self.app, &|_, asked| asked.clone_from(keys)).unwrap().unwrap()
    }

    pub fn commit(&mut self, set: WorkingSet) {
        self.writer.commit(vec![set]).unwrap();
    }

    /// Applies an operation and commits its changes.
    pub fn run<O: Command>(&mut self, op: O) -> O::Reply {
        let mut set = self.writer.load(self.app, &|set, keys| op.reads(set, keys)).unwrap().unwrap();
        let reply = op.apply(&mut set, self.now).unwrap();
        self.commit(set);
        reply
    }

    pub fn create(&mut self, card: Value) -> CardId {
        let number = self.store.working_set(self.app).unwrap().unwrap().counters.card_no;
        let card_id = CardId::from(format!("p{number:027}"));
        self.run(CreateCard { card_id, source: Source::Api, card: object(card) })
    }

    pub fn claim(&mut self, card: &CardId, openid: &str) -> CodeSeq {
        self.claim_as(card, openid, None).seq
    }

    pub fn claim_as(&mut self, card: &CardId, openid: &str, code: Option<&str>) -> ClaimOutcome {
        let (card_id, openid) = (card.clone(), openid.into());
        self.run(Claim {
            code: code.map(Into::into),
            ..Claim::of(card_id, openid, kaquan_core::code::Via::Server)
        })
    }

    pub fn consume(&mut self, seq: CodeSeq) {
        self.run(Consume::of(code_ref(seq)));
    }

    pub fn give(&mut self, seq: CodeSeq, from: &str, to: &str) -> CodeSeq {
        self.run(Gift::of(code_ref(seq), from.into()));
        self.run(AcceptGift { code: code_ref(seq), openid: to.into() }).seq
    }

    /// The rows that the writer loads.
    pub fn loaded(&mut self, keys: &Keys) -> WorkingSet {
        let set = self.set_with(keys);
        self.writer.abandon();
        set
    }

    /// The rows that a reader loads.
    pub fn read(&self, keys: &Keys) -> WorkingSet {
        let mut set = self.store.working_set(self.app).unwrap().unwrap();
        self.store.load(keys, &mut set).unwrap();
        set
    }

    pub fn card(&self, id: &CardId) -> Card {
        let keys = Keys { card_ids: [id.clone()].into(), ..Keys::default() };
        self.read(&keys).card_by_id(id).unwrap().unwrap().clone()
    }

    /// How many codes of a card a holder has claimed, as a writer counts them for a claim.
    pub fn claims(&mut self, card: CardNo, openid: &str) -> u32 {
        let key = (card, OpenId::from(openid));
        let keys = Keys { claims: [key.clone()].into(), cards: [card].into(), ..Keys::default() };
        self.loaded(&keys).claims[&key]
    }

    /// The codes that a holder has of a card. The writer and readers must return the same.
    pub fn holder(&mut self, card: CardNo, openid: &str) -> HolderCard {
        let key = (card, OpenId::from(openid));
        let keys = Keys { holders: [key.clone()].into(), cards: [card].into(), ..Keys::default() };
        let for_writer = self.loaded(&keys).holders.remove(&key).unwrap();
        let for_readers = self.read(&keys).holders.remove(&key).unwrap();
        assert_eq!(for_writer, for_readers);
        for_writer
    }
}

pub fn code_ref(seq: CodeSeq) -> CodeRef {
    CodeRef { text: format!("{:012}", seq.0).into(), seq: Some(seq), card_id: None, dynamic_after: None }
}

pub fn object(value: Value) -> Object {
    value.as_object().cloned().unwrap()
}

/// A coupon without limits. `over` changes its `base_info`.
pub fn coupon(over: Value) -> Value {
    let mut base = json!({
        "logo_url": "http://mmbiz.qpic.cn/a", "code_type": "CODE_TYPE_TEXT", "brand_name": "brand",
        "title": "title", "color": "Color010", "notice": "notice", "description": "description",
        "date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30, "fixed_begin_term": 0},
        "sku": {"quantity": 10_000},
    });
    for (key, value) in object(over) {
        base[key] = value;
    }
    json!({"card_type": "GROUPON", "groupon": {"base_info": base, "deal_detail": "deal"}})
}

/// A member card that is active from the claim.
pub fn member_card() -> Value {
    let mut base = coupon(json!({"date_info": {"type": "DATE_TYPE_PERMANENT"}}));
    let base = base["groupon"]["base_info"].take();
    json!({"card_type": "MEMBER_CARD", "member_card": {
        "base_info": base, "prerogative": "all", "supply_bonus": false, "supply_balance": false,
        "auto_activate": true,
    }})
}

/// Whether a store returned that it is in use.
pub fn in_use<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::InUse(_)))
}
