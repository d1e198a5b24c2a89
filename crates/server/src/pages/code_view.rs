//! A code as pages show it: found by its text, with its card, its state in words, and its member.

use super::once::FormObject;
use super::{Lang, once, texts};
use crate::auth::apps::AppHandle;
use crate::state::{State, blocking, query};
use kaquan_core::app::App;
use kaquan_core::card::{Card, Cells, Window};
use kaquan_core::code::{
    Code, CodeRef, CodeStanding, CodeState, DYNAMIC_VALID_SECS, GiftNo, UnavailableReason, reason_key,
};
use kaquan_core::engine::{Keys, Query, WorkingSet};
use kaquan_core::error::Result;
use kaquan_core::id::{AppId, CardId, CodeSeq, CodeText};
use kaquan_core::member::Member;
use kaquan_core::operation::Expectation;
use kaquan_core::time::Timestamp;

/// A code with what belongs to it.
#[derive(Debug, Clone)]
pub struct CodeSheet {
    pub text: CodeText,
    pub code: Code,
    pub card: Card,
    /// The member, for codes of member cards and general cards.
    pub member: Option<Member>,
    /// The state it shows now.
    pub state: CodeState,
    /// Why the merchant made it unavailable.
    pub unavailable_reason: Option<String>,
    /// When it can be used.
    pub window: Window,
    /// Whether it can be paid with at the till, which consumes it.
    pub pay_cell: bool,
    /// How often it was offered as a gift.
    pub gift_no: i64,
    /// The state that forms about the code act on.
    standing: CodeStanding,
    /// Why it cannot be consumed now; `None` if it can.
    pub refusal: Option<kaquan_core::Error>,
}

impl CodeSheet {
    /// How operations name it.
    pub fn code_ref(&self) -> CodeRef {
        let custom = self.code.custom.is_some();
        CodeRef {
            text: self.text.clone(),
            seq: if custom { None } else { Some(self.code.seq) },
            card_id: custom.then(|| self.card.id.clone()),
            dynamic: Vec::new(),
        }
    }

    /// A digest of what the forms of the code's page act on: its state, its holder and its member.
    pub fn mark(&self) -> String {
        once::mark(&format!("{:?}", self.standing))
    }

    /// The code as the object of a form.
    pub fn object(&self) -> FormObject {
        FormObject {
            name: format!("{} {}", self.card.id, self.text),
            mark: self.mark(),
            expected: Some(Expectation::Code(self.code_ref(), Box::new(self.standing.clone()))),
        }
    }

    fn of(
        ws: &WorkingSet,
        app: &App,
        text: CodeText,
        code: &Code,
        card: &Card,
        now: Timestamp,
    ) -> Result<CodeSheet> {
        Ok(CodeSheet {
            text,
            member: Member::of_code(ws, code, card)?,
            state: code.state_at(app, card, now),
            pay_cell: ws.find_record::<Cells>(&Cells::key(card.no), now)?.is_some_and(|cells| cells.pay),
            unavailable_reason: ws
                .find_record::<UnavailableReason>(&reason_key(code.seq), now)?
                .map(|record| record.reason),
            window: code.window(card),
            gift_no: ws.find_record::<GiftNo>(&GiftNo::key(code.seq), now)?.unwrap_or_default().0,
            refusal: code.check_usable(app, card, now).err(),
            standing: CodeStanding::of(ws, code, card, now)?,
            code: code.clone(),
            card: card.clone(),
        })
    }
}

/// Declares the rows that a sheet shows in addition to the code and its card.
fn add_keys(code: &Code, keys: &mut Keys) {
    CodeStanding::keys_of(code, keys);
    keys.records.extend([Cells::key(code.card), GiftNo::key(code.seq), reason_key(code.seq)]);
}

/// Finds codes by reference; those that do not exist are left out.
#[derive(Debug, Clone)]
struct LookUp(Vec<CodeRef>);

impl Query for LookUp {
    type Reply = Vec<CodeSheet>;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        for code in &self.0 {
            code.keys(ws, keys);
            if let Some(code) = code.loaded(ws) {
                add_keys(code, keys);
            }
        }
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<Vec<CodeSheet>> {
        let found = self.0.iter().filter_map(|code| Some((code, code.find(ws).ok()?)));
        found
            .map(|(by, (code, card))| CodeSheet::of(ws, &ws.app, by.static_text(code), code, card, now))
            .collect()
    }
}

/// The codes with this text: at most one code that kaquan generated or that a dynamic code stands for, and at most one of
/// each card with custom codes.
pub async fn by_text(state: &State, app: &AppHandle, text: &str) -> Result<Vec<CodeSheet>> {
    let id = app.row.app.id;
    // People type twelve digits in groups; a custom code may contain blanks.
    let squeezed: CodeText = text.split_whitespace().collect::<String>().into();
    let mut texts = vec![squeezed.clone(), CodeText::from(text)];
    texts.dedup();
    let (by, now) = (squeezed.as_str(), state.clock.now());
    let mut refs = vec![CodeRef::with_dynamic(&app.cipher, by, None, now, DYNAMIC_VALID_SECS)];
    // Only the card's document says whether it has custom codes, so all cards are read.
    let cards = blocking(state, move |store| store.cards(id)).await?;
    for card in cards.into_iter().filter(|card| card.terms.code_mode.is_custom()) {
        let by = |text: &CodeText| CodeRef {
            text: text.clone(),
            seq: None,
            card_id: Some(card.id.clone()),
            dynamic: Vec::new(),
        };
        refs.extend(texts.iter().map(by));
    }
    query(state, id, LookUp(refs)).await
}

/// The code with this text; a custom code also needs its card's id.
pub async fn one(
    state: &State,
    app: &AppHandle,
    text: &str,
    card_id: Option<&str>,
) -> Result<Option<CodeSheet>> {
    let code = CodeRef::new(&app.cipher, text, card_id.map(CardId::from));
    Ok(query(state, app.row.app.id, LookUp(vec![code])).await?.pop())
}

/// The sheets of these codes, in their order.
pub async fn of_codes(state: &State, app: &AppHandle, codes: Vec<Code>) -> Result<Vec<CodeSheet>> {
    let with_text = |code: Code| {
        let text = match &code.custom {
            Some(text) => text.clone(),
            None => app.code_text(code.seq).ok()?,
        };
        Some((text, code))
    };
    query(state, app.row.app.id, Sheets(codes.into_iter().filter_map(with_text).collect())).await
}

/// Builds the sheets of codes that are already loaded; loads only what belongs to them.
#[derive(Debug)]
struct Sheets(Vec<(CodeText, Code)>);

impl Query for Sheets {
    type Reply = Vec<CodeSheet>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        for (_, code) in &self.0 {
            keys.cards.insert(code.card);
            add_keys(code, keys);
        }
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<Vec<CodeSheet>> {
        let mut sheets = Vec::with_capacity(self.0.len());
        for (text, code) in &self.0 {
            if let Some(card) = ws.cards.get(&code.card)? {
                sheets.push(CodeSheet::of(ws, &ws.app, text.clone(), code, card, now)?);
            }
        }
        Ok(sheets)
    }
}

/// Finds codes by number.
#[derive(Debug)]
struct Numbered(Vec<CodeSeq>);

impl Query for Numbered {
    type Reply = Vec<Code>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.codes.extend(self.0.iter().copied());
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<Vec<Code>> {
        let found = self.0.iter().filter_map(|seq| ws.codes.get(seq).transpose());
        found.map(|code| code.cloned()).collect()
    }
}

/// The codes with these numbers, those that exist.
pub async fn codes(state: &State, app: AppId, seqs: Vec<CodeSeq>) -> Result<Vec<Code>> {
    query(state, app, Numbered(seqs)).await
}

/// The word for a state, and the class of its badge.
pub fn state(lang: Lang, state: CodeState) -> (&'static str, &'static str) {
    let t = Texts::of(lang);
    match state {
        CodeState::Normal => (t.normal, "good"),
        CodeState::Consumed => (t.consumed, "info"),
        CodeState::Expire => (t.expire, ""),
        CodeState::Gifting => (t.gifting, "warn"),
        CodeState::GiftSucc => (t.gift_succ, ""),
        CodeState::GiftTimeout => (t.gift_timeout, "warn"),
        CodeState::Delete => (t.delete, ""),
        CodeState::Unavailable => (t.unavailable, "bad"),
    }
}

texts! {
    /// The words for states.
    Texts {
        normal: "Can be used", "可使用";
        consumed: "Consumed", "已核销";
        expire: "Expired", "已过期";
        gifting: "Being given away", "转赠中";
        gift_succ: "Given away", "已转赠";
        gift_timeout: "Gift not accepted", "转赠超时";
        delete: "Deleted by its holder", "已删除";
        unavailable: "Unavailable", "已失效";
    }
}
