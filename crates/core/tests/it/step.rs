//! The steps of a random run. A step describes an intention that always has a meaning, such as "the third code" or
//! "some holder". It becomes an operation when the world at that time is known.

use crate::cast::{self, CardPlan};
use crate::link::{Link, link};
use crate::testing::{World, object};
use kaquan_core::card::{
    Card, CardStatus, CreateCard, DateInfo, DeleteCard, ModifyStock, ReviewCard, SetPayCell,
    SetSelfConsumeCell, UpdateCard, form_activation,
};
use kaquan_core::code::{
    AcceptGift, Claim, Code, CodeRef, CodeState, Consume, DYNAMIC_VALID_SECS, DeleteCode, DepositCodes,
    ExpireCodes, Gift, GiftState, ImportCodes, MakeUnavailable, MarkCode, ReturnConsume, ReturnGift,
    SelfConsume, UpdateCode, Via, View, dynamic_text,
};
use kaquan_core::engine::{RecordKey, RecordKind, StoredRecord};
use kaquan_core::general_card::{ActivateGeneralCard, UnactivateGeneralCard, UpdateGeneralCard};
use kaquan_core::id::{CardId, CodeSeq, CodeText, OpenId};
use kaquan_core::member::{
    Activate, MemberChange, MemberForm, MemberInfo, Pay, SetMemberForm, SubmitForm, Target, UpdateMember,
};
use kaquan_core::operation::Operation;
use kaquan_core::poi::{AddPoi, Place};
use kaquan_core::time::End;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// The number of holders.
pub const HOLDERS: u8 = 4;

/// An intention, and when it happens.
#[derive(Debug, Clone)]
pub struct Step {
    /// Seconds that pass before the step.
    pub pause: i64,
    want: Want,
}

#[derive(Debug, Clone)]
enum Want {
    Create(CardPlan),
    Update(Index, Patch),
    Review(Index, bool),
    ModifyStock(Index, i64, i64),
    DeleteCard(Index),
    View(Index, u8),
    Claim(Index, u8, Option<u8>),
    ClaimBy(Index, u8, Link, Option<u8>),
    Consume(Pick, Option<i64>),
    Gift(Pick, Option<u8>, Option<u8>),
    Accept(Pick, u8),
    DeleteCode(Pick, Option<u8>),
    Unavailable(Pick),
    UpdateCode(Pick, u8),
    Deposit(Index, Vec<u8>),
    Import(Index, u64, Vec<u8>, bool),
    Expire(Index),
    Activate(Pick, Option<i64>, Option<i64>, Option<i64>),
    UpdateMember(Pick, i64, Option<i64>),
    ActivateGeneral(Pick, Option<i64>, Option<i64>),
    UnactivateGeneral(Pick),
    UpdateGeneral(Pick, i64, Option<i64>, Option<bool>),
    SetForm(Index),
    SubmitForm(Index, u8),
    Pay(Pick, i64, i64),
    Mark(Pick, u8, bool),
    ReturnConsume(Pick),
    ReturnGift(Pick, bool),
    SetCells(Index, bool, bool),
    SelfConsume(Pick, Option<u8>),
}

/// A way to choose a code.
#[derive(Debug, Clone)]
enum Pick {
    /// An existing code for which the intention makes sense, if there is one.
    Fitting(Index),
    /// An existing code.
    Known(Index),
    /// The text of a card's code, which may not exist.
    Text(Index, u8),
    /// The dynamic code of an existing code, or of a code that is not issued yet.
    Dynamic(Index),
    /// A code number that is not issued yet. An earlier operation of the same batch may issue it.
    Coming(i64),
}

#[derive(Debug, Clone)]
enum Patch {
    Notice,
    Phone,
    GetLimit(u32),
    Window { earlier: i64, later: i64 },
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        16 => any::<Index>().prop_map(Pick::Fitting),
        4 => any::<Index>().prop_map(Pick::Known),
        2 => (any::<Index>(), 0..8u8).prop_map(|(card, text)| Pick::Text(card, text)),
        2 => any::<Index>().prop_map(Pick::Dynamic),
        1 => (0..3i64).prop_map(Pick::Coming),
    ]
}

/// Any holder.
pub fn holder() -> impl Strategy<Value = u8> {
    0..HOLDERS
}

/// Mostly the holder who has the code.
fn as_holder() -> impl Strategy<Value = Option<u8>> {
    prop::option::weighted(0.1, holder())
}

/// How far the ends of a window move: mostly wider, sometimes narrower.
fn moves() -> impl Strategy<Value = (i64, i64)> {
    prop_oneof![
        6 => (0..50_000i64, 0..300_000i64),
        1 => (-5_000..5_000i64, -5_000..5_000i64),
    ]
}

fn patch() -> impl Strategy<Value = Patch> {
    prop_oneof![
        1 => Just(Patch::Notice),
        1 => Just(Patch::Phone),
        1 => (1..4u32).prop_map(Patch::GetLimit),
        4 => moves().prop_map(|(earlier, later)| Patch::Window { earlier, later }),
    ]
}

/// Intentions of merchants and holders, about as frequent as in a busy account.
pub fn step() -> impl Strategy<Value = Step> {
    let want = prop_oneof![
        1 => cast::card().prop_map(Want::Create),
        7 => (any::<Index>(), patch()).prop_map(|(card, patch)| Want::Update(card, patch)),
        3 => (any::<Index>(), prop::bool::weighted(0.85)).prop_map(|(card, pass)| Want::Review(card, pass)),
        4 => (any::<Index>(), 0..4i64, 0..2i64).prop_map(|(card, up, down)| Want::ModifyStock(card, up, down)),
        1 => any::<Index>().prop_map(Want::DeleteCard),
        3 => (any::<Index>(), holder()).prop_map(|(card, holder)| Want::View(card, holder)),
        24 => (any::<Index>(), holder(), prop::option::weighted(0.8, 0..8u8))
            .prop_map(|(card, holder, text)| Want::Claim(card, holder, text)),
        8 => (any::<Index>(), holder(), link(), prop::option::of(0..12u8))
            .prop_map(|(card, holder, link, no)| Want::ClaimBy(card, holder, link, no)),
        8 => (pick(), prop::option::of(1..=STORES)).prop_map(|(code, store)| Want::Consume(code, store)),
        6 => (pick(), as_holder(), prop::option::weighted(0.3, holder()))
            .prop_map(|(code, by, to)| Want::Gift(code, by, to)),
        8 => (pick(), holder()).prop_map(|(code, friend)| Want::Accept(code, friend)),
        4 => (pick(), as_holder()).prop_map(|(code, by)| Want::DeleteCode(code, by)),
        2 => pick().prop_map(Want::Unavailable),
        3 => (pick(), 0..8u8).prop_map(|(code, text)| Want::UpdateCode(code, text)),
        4 => (any::<Index>(), prop::collection::vec(0..20u8, 1..6))
            .prop_map(|(card, texts)| Want::Deposit(card, texts)),
        3 => (any::<Index>(), 0..5u64, prop::collection::vec(0..20u8, 0..4), prop::bool::weighted(0.8))
            .prop_map(|(card, from, texts, stock)| Want::Import(card, from, texts, stock)),
        8 => any::<Index>().prop_map(Want::Expire),
        6 => (pick(), prop::option::weighted(0.25, 0..200_000i64), prop::option::of(0..50i64), prop::option::of(0..50i64))
            .prop_map(|(code, end, bonus, balance)| Want::Activate(code, end, bonus, balance)),
        4 => (pick(), -20..40i64, prop::option::of(0..90i64))
            .prop_map(|(code, add, balance)| Want::UpdateMember(code, add, balance)),
        5 => (pick(), prop::option::weighted(0.25, 0..200_000i64), prop::option::of(0..50i64))
            .prop_map(|(code, end, balance)| Want::ActivateGeneral(code, end, balance)),
        3 => pick().prop_map(Want::UnactivateGeneral),
        5 => (pick(), -4..9i64, prop::option::of(0..90i64), prop::option::of(any::<bool>()))
            .prop_map(|(code, add, balance, can)| Want::UpdateGeneral(code, add, balance, can)),
        4 => any::<Index>().prop_map(Want::SetForm),
        5 => (any::<Index>(), holder()).prop_map(|(card, holder)| Want::SubmitForm(card, holder)),
        3 => (pick(), 0..50i64, 0..50i64).prop_map(|(code, fee, due)| Want::Pay(code, fee, due)),
        1 => (pick(), holder(), prop::bool::weighted(0.6)).prop_map(|(code, by, mark)| Want::Mark(code, by, mark)),
        4 => pick().prop_map(Want::ReturnConsume),
        4 => (pick(), any::<bool>()).prop_map(|(code, cancel)| Want::ReturnGift(code, cancel)),
        2 => (any::<Index>(), any::<bool>(), prop::bool::weighted(0.8))
            .prop_map(|(card, pay, open)| Want::SetCells(card, pay, open)),
        2 => (pick(), as_holder()).prop_map(|(code, by)| Want::SelfConsume(code, by)),
    ];
    (cast::pause(), want).prop_map(|(pause, want)| Step { pause, want })
}

/// A step that creates a card at the beginning.
pub fn opening() -> impl Strategy<Value = Step> {
    cast::card().prop_map(|plan| Step { pause: 0, want: Want::Create(plan) })
}

/// The openid of a holder.
pub fn openid(holder: u8) -> OpenId {
    format!("o{holder}").into()
}

fn text(n: u8) -> CodeText {
    format!("c{n}").into()
}

impl Step {
    /// Whether the intention creates a card. The card's id is not known before the reply.
    pub fn creates(&self) -> bool {
        matches!(self.want, Want::Create(_))
    }

    /// Whether the intention makes sense for a code.
    fn fits(&self, world: &World, code: &Code) -> bool {
        let card = &world.cards[&code.card];
        let member_card = card.card_type.is_member_card();
        let shown = code.state_at(&world.app, card, world.now);
        match self.want {
            Want::Consume(..) | Want::SelfConsume(..) => card.is_consumed() && shown == CodeState::Normal,
            Want::ActivateGeneral(..) | Want::UnactivateGeneral(_) | Want::UpdateGeneral(..) => {
                card.terms.general.is_some() && shown == CodeState::Normal
            }
            Want::ReturnConsume(_) => shown == CodeState::Consumed,
            Want::ReturnGift(_, cancel) => {
                shown == if cancel { CodeState::Gifting } else { CodeState::GiftTimeout }
            }
            Want::Gift(..) => shown == CodeState::Normal,
            Want::Accept(..) => shown == CodeState::Gifting,
            Want::UpdateCode(..) => code.custom.is_some(),
            Want::Activate(..) => member_card && shown == CodeState::Normal,
            Want::UpdateMember(..) | Want::Pay(..) => {
                let active = world.members.get(&code.seq).is_some_and(|member| member.active_at.is_some());
                member_card && active && shown == CodeState::Normal
            }
            Want::DeleteCode(..) => shown == CodeState::Normal || shown == CodeState::Expire,
            _ => true,
        }
    }

    /// The operation for the intention in this world. `salt` makes the card ids of one batch different.
    pub fn operation(&self, world: &World, salt: usize) -> Operation {
        let card_id =
            |index: &Index| card(world, index).map_or_else(|| "pNowhere".into(), |card| card.id.clone());
        let fits = |code: &Code| self.fits(world, code);
        let at_till = matches!(
            self.want,
            Want::Consume(..) | Want::UpdateMember(..) | Want::UpdateGeneral(..) | Want::Pay(..)
        );
        let code = |pick: &Pick| match pick {
            Pick::Dynamic(index) if at_till => by_dynamic(world, index),
            pick => pick.code_ref(world, &fits),
        };
        let by = |pick: &Pick, other: &Option<u8>| match (other, pick.held_by(world, &fits)) {
            (None, Some(openid)) => openid,
            (other, _) => openid(other.unwrap_or(0)),
        };
        match &self.want {
            Want::Create(plan) => {
                let card_id = CardId::from(format!("p{:026}{salt}", world.counters.card_no));
                let card = object(plan.document(world.now));
                CreateCard { card_id, source: plan.source, card }.into()
            }
            Want::Update(index, patch) => {
                let card = patch.card(world, index);
                let card_id = card.map_or_else(|| "pNowhere".into(), |card| card.id.clone());
                UpdateCard { card_id, patch: object(patch.document(card)) }.into()
            }
            Want::Review(card, pass) => {
                let refuse = (!pass).then(|| "blurred".to_owned());
                ReviewCard { card_id: card_id(card), refuse }.into()
            }
            Want::ModifyStock(card, increase, reduce) => {
                ModifyStock { card_id: card_id(card), increase: *increase, reduce: *reduce }.into()
            }
            Want::DeleteCard(card) => DeleteCard { card_id: card_id(card) }.into(),
            Want::View(card, holder) => {
                View { card_id: card_id(card), openid: openid(*holder), outer_str: None }.into()
            }
            Want::Claim(index, holder, n) => {
                let deposit = card(world, index)
                    .is_some_and(|card| card.terms.code_mode == kaquan_core::card::CodeMode::Deposit);
                // A claim of a deposit card must have no code. Code 7 stays, to test the refusal.
                let code = n.filter(|n| !deposit || *n == 7).map(text);
                Claim { code, ..Claim::of(card_id(index), openid(*holder), Via::Server) }.into()
            }
            Want::ClaimBy(index, holder, link, no) => {
                let request_no = no.map(|no| format!("r{no}").into());
                let (via, begin) = (link.via(world.now), link.begin(world.now));
                Claim { begin, request_no, ..Claim::of(card_id(index), openid(*holder), via) }.into()
            }
            Want::Consume(pick, location_id) => {
                // A world without stores refuses a `location_id`.
                let store = location_id.filter(|_| has_stores(world));
                let place = Place { location_id: store, staff: None };
                Consume { place, ..Consume::of(code(pick)) }.into()
            }
            Want::Gift(pick, giver, to) => {
                Gift { to: to.map(openid), ..Gift::of(code(pick), by(pick, giver)) }.into()
            }
            Want::Accept(pick, friend) => AcceptGift { code: code(pick), openid: openid(*friend) }.into(),
            Want::DeleteCode(pick, holder) => {
                DeleteCode { code: code(pick), openid: by(pick, holder) }.into()
            }
            Want::Unavailable(pick) => MakeUnavailable { code: code(pick), reason: None }.into(),
            Want::UpdateCode(pick, n) => UpdateCode { code: code(pick), new_code: text(*n) }.into(),
            Want::Deposit(card, texts) => {
                DepositCodes { card_id: card_id(card), codes: texts.iter().copied().map(text).collect() }
                    .into()
            }
            Want::Import(card, from, texts, stock) => {
                let codes = texts.iter().copied().map(text).collect();
                let (card_id, file) = (card_id(card), "f".into());
                let (from, rest) = (*from, Vec::new());
                ImportCodes { card_id, file, from, codes, rest, chunk_from: from, stock: *stock }.into()
            }
            Want::Expire(index) => sweep_of(world, card(world, index)),
            Want::Activate(pick, end_in, init_bonus, init_balance) => {
                let end = end_in.map(|secs| End::At(world.now.plus(secs)));
                let (init_bonus, init_balance) = (*init_bonus, *init_balance);
                Activate { end, init_bonus, init_balance, ..Activate::of(code(pick), "no 1") }.into()
            }
            Want::UpdateMember(pick, add, balance) => {
                let change =
                    MemberChange { add_bonus: Some(*add), balance: *balance, ..MemberChange::default() };
                UpdateMember { code: code(pick), change }.into()
            }
            Want::ActivateGeneral(pick, end_in, init_balance) => {
                let end = end_in.map(|secs| End::At(world.now.plus(secs)));
                let init_balance = *init_balance;
                ActivateGeneralCard(Activate { end, init_balance, ..Activate::of(code(pick), "no 1") }).into()
            }
            Want::UnactivateGeneral(pick) => UnactivateGeneralCard { code: code(pick) }.into(),
            Want::UpdateGeneral(pick, add, balance, can_give_friend) => {
                let change =
                    MemberChange { add_bonus: Some(*add), balance: *balance, ..MemberChange::default() };
                UpdateGeneralCard { code: code(pick), change, can_give_friend: *can_give_friend }.into()
            }
            Want::SetForm(index) => {
                let form = json!({"required_form": {
                    "can_modify": true, "common_field_id_list": ["USER_FORM_INFO_FLAG_MOBILE"],
                }});
                let form = MemberForm::read(&object(form)).expect("a form");
                SetMemberForm { card_id: with_form(world, index), form }.into()
            }
            Want::SubmitForm(index, holder) => {
                let answers = json!({"common_field_list": [
                    {"name": "USER_FORM_INFO_FLAG_MOBILE", "value": holder.to_string()},
                ]});
                let answers = MemberInfo::read(&object(answers)).expect("answers");
                let claim = Claim::of(with_form(world, index), openid(*holder), Via::Form);
                let (target, ticket) = (Target::Card(claim), format!("t{}", world.events.len()));
                SubmitForm { target, openid: openid(*holder), answers, ticket }.into()
            }
            Want::Pay(pick, fee, original_fee) => Pay::of(code(pick), *fee, *original_fee).into(),
            Want::Mark(pick, by, is_mark) => {
                MarkCode { code: code(pick), openid: openid(*by), is_mark: *is_mark }.into()
            }
            Want::ReturnConsume(pick) => ReturnConsume { code: code(pick), reason: None }.into(),
            Want::ReturnGift(pick, cancel) => {
                let from = if *cancel { GiftState::Gifting } else { GiftState::TimedOut };
                ReturnGift { code: code(pick), openid: by(pick, &None), from }.into()
            }
            Want::SetCells(card, true, is_open) => {
                SetPayCell { card_id: card_id(card), is_open: *is_open }.into()
            }
            Want::SetCells(card, false, is_open) => SetSelfConsumeCell {
                card_id: card_id(card),
                is_open: *is_open,
                need_verify_cod: false,
                need_remark_amount: false,
            }
            .into(),
            Want::SelfConsume(pick, holder) => SelfConsume::of(code(pick), by(pick, holder)).into(),
        }
    }
}

/// The number of stores in a world with stores.
pub const STORES: i64 = 2;

/// A store.
pub fn store() -> AddPoi {
    let base_info = json!({
        "business_name": "店", "province": "广东省", "city": "广州市", "address": "艺苑路11号",
        "telephone": "020-12345678", "categories": ["美食,快餐小吃"], "offset_type": 1, "longitude": 115,
        "latitude": 25,
    });
    AddPoi { base_info: object(base_info) }
}

fn has_stores(world: &World) -> bool {
    world.records.keys().any(|key| key.kind == RecordKind::Poi)
}

/// The expiry sweep of a card, over all of its codes.
pub fn sweep_of(world: &World, card: Option<&Card>) -> Operation {
    let card = card.map(|card| card.no).unwrap_or_default();
    let codes = world.codes.values().filter(|code| code.card == card).map(|code| code.seq).collect();
    ExpireCodes { card, codes }.into()
}

fn card<'a>(world: &'a World, index: &Index) -> Option<&'a Card> {
    let at = index.index(world.cards.len() * 8 + 1);
    world.cards.values().nth(at / 8)
}

/// A card that is activated with a form, if there is one; otherwise any card.
fn with_form(world: &World, index: &Index) -> CardId {
    let by_form = |card: &&Card| form_activation(card).is_ok();
    let cards: Vec<&Card> = world.cards.values().filter(by_form).collect();
    match cards.is_empty() {
        true => card(world, index).map_or_else(|| "pNowhere".into(), |card| card.id.clone()),
        false => index.get(&cards).id.clone(),
    }
}

/// Refers to a code by its dynamic code, as the calls of tills do. The code may not be issued yet.
fn by_dynamic(world: &World, index: &Index) -> CodeRef {
    let seq = CodeSeq(index.index(world.counters.code_seq as usize + 2) as i64);
    let dynamic_after = Some(world.now.plus(-DYNAMIC_VALID_SECS));
    CodeRef { text: dynamic_text(seq.0 as u64), seq: None, card_id: None, dynamic_after }
}

/// Stores a dynamic code for each code of the world and for the next codes. Each dynamic code is made from the number
/// of its code.
pub fn remember_dynamic(world: &mut World) {
    for seq in 0..world.counters.code_seq + 2 {
        let name = dynamic_text(seq as u64).as_str().into();
        let body = json!({"code": seq, "text": format!("{seq:012}"), "issued_at": world.now.0});
        let record = StoredRecord { body: body.to_string().into(), expires_at: None };
        world.records.insert(RecordKey { kind: RecordKind::DynamicCode, no: 0, name }, record);
    }
}

impl Pick {
    fn known(&self, world: &World, fits: &dyn Fn(&Code) -> bool) -> Option<CodeSeq> {
        let all = || world.codes.values();
        let (index, mut among) = match self {
            Pick::Fitting(index) => (index, all().filter(|code| fits(code)).collect::<Vec<_>>()),
            Pick::Known(index) | Pick::Dynamic(index) => (index, all().collect()),
            _ => return None,
        };
        if among.is_empty() {
            among = all().collect();
        }
        (!among.is_empty()).then(|| index.get(&among).seq)
    }

    fn held_by(&self, world: &World, fits: &dyn Fn(&Code) -> bool) -> Option<OpenId> {
        self.known(world, fits).map(|seq| world.codes[&seq].openid.clone())
    }

    fn code_ref(&self, world: &World, fits: &dyn Fn(&Code) -> bool) -> CodeRef {
        let number = |seq: CodeSeq| CodeRef {
            text: format!("{:012}", seq.0).into(),
            seq: Some(seq),
            card_id: None,
            dynamic_after: None,
        };
        match (self.known(world, fits), self) {
            (Some(seq), _) => world.code_ref(seq),
            (None, Pick::Text(index, n)) => CodeRef {
                text: text(*n),
                seq: None,
                card_id: card(world, index).map(|card| card.id.clone()),
                dynamic_after: None,
            },
            (None, Pick::Coming(n)) => number(CodeSeq(world.counters.code_seq + n)),
            (None, Pick::Known(_) | Pick::Fitting(_) | Pick::Dynamic(_)) => number(CodeSeq(999_999)),
        }
    }
}

impl Patch {
    /// For a new window, prefers a card whose window has ended, so that its codes can become valid again.
    fn card<'a>(&self, world: &'a World, index: &Index) -> Option<&'a Card> {
        let over = |card: &&Card| match card.terms.date_info {
            DateInfo::Range { end, .. } => end < world.now && card.status != CardStatus::Delete,
            _ => false,
        };
        let over: Vec<&Card> = world.cards.values().filter(over).collect();
        match self {
            Patch::Window { .. } if !over.is_empty() => Some(over[index.index(over.len())]),
            _ => card(world, index),
        }
    }

    fn document(&self, card: Option<&Card>) -> Value {
        let Some(card) = card else { return json!({}) };
        let base_info = match *self {
            Patch::Notice => json!({"notice": "new"}),
            Patch::Phone => json!({"service_phone": "1"}),
            Patch::GetLimit(n) => json!({ "get_limit": n }),
            Patch::Window { earlier, later } => match card.terms.date_info {
                DateInfo::Range { begin, end } => json!({"date_info": {
                    "begin_timestamp": begin.0 - earlier, "end_timestamp": end.0 + later,
                }}),
                _ => json!({"date_info": {"end_timestamp": later}}),
            },
        };
        json!({ card.card_type.key(): {"base_info": base_info} })
    }
}
