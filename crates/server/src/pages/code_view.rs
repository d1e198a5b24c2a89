//! A code on pages: finds it by its text, and loads its card, its state in words, and its member.

use super::once::FormObject;
use super::{Lang, once, texts};
use crate::auth::apps::AppHandle;
use crate::state::{State, expensive, query};
use kaquan_core::app::App;
use kaquan_core::card::{Card, Cells, Window};
use kaquan_core::code::{
    Code, CodeRef, CodeStanding, CodeState, DYNAMIC_VALID_SECS, GiftNo, UnavailableReason, reason_key,
};
use kaquan_core::engine::{Keys, Query, WorkingSet};
use kaquan_core::error::Result;
use kaquan_core::general_card::{active_keys, is_active};
use kaquan_core::id::{AppId, CardId, CodeSeq, CodeText, OpenId};
use kaquan_core::member::Member;
use kaquan_core::operation::Expectation;
use kaquan_core::time::Timestamp;
use kaquan_store::Store;
use std::collections::VecDeque;

/// Codes of a holder that are read at once. Nearly every holder has fewer.
const CODES_AT_ONCE: usize = 1_024;
/// Cards that are found by the text of a custom code.
const SAME_TEXT_MAX: usize = 100;

/// A code with its card and all data for a page.
#[derive(Debug, Clone)]
pub struct CodeSheet {
    pub text: CodeText,
    pub code: Code,
    pub card: Card,
    /// The member, for codes of member cards and general cards.
    pub member: Option<Member>,
    /// Whether the member is active, or the card is active by itself.
    pub is_active: bool,
    /// The state that pages show now.
    pub state: CodeState,
    /// The merchant's reason for making the code unavailable.
    pub unavailable_reason: Option<String>,
    /// When the code can be used.
    pub window: Window,
    /// Whether the holder can pay with the code at the till, which consumes it.
    pub pay_cell: bool,
    /// How often the code was offered as a gift.
    pub gift_no: i64,
    /// The state that forms about the code depend on.
    standing: CodeStanding,
    /// Why the code cannot be consumed now; `None` if it can.
    pub refusal: Option<kaquan_core::Error>,
}

impl CodeSheet {
    /// The reference to the code in operations.
    pub fn code_ref(&self) -> CodeRef {
        let custom = self.code.custom.is_some();
        CodeRef {
            text: self.text.clone(),
            seq: if custom { None } else { Some(self.code.seq) },
            card_id: custom.then(|| self.card.id.clone()),
            dynamic_after: None,
        }
    }

    /// A digest of the state that the forms of the code's page depend on: the code's state, holder and member.
    pub fn mark(&self) -> String {
        once::mark(&format!("{:?}", self.standing))
    }

    /// Identifies the code as the object of a form.
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
        let member = Member::of_code(ws, code, card)?;
        let is_active = match &member {
            Some(member) => is_active(ws, card, member, now)?,
            None => false,
        };
        Ok(CodeSheet {
            text,
            member,
            is_active,
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

/// Declares the rows that a sheet needs in addition to the code and its card.
fn add_keys(code: &Code, keys: &mut Keys) {
    CodeStanding::keys_of(code, keys);
    active_keys(code, keys);
    keys.records.extend([Cells::key(code.card), GiftNo::key(code.seq), reason_key(code.seq)]);
}

/// Looks up codes by reference. Codes that do not exist are left out.
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
            .map(|(by, (code, card))| CodeSheet::of(ws, &ws.app, by.static_text(ws, code), code, card, now))
            .collect()
    }
}

/// The codes with this text: at most one code that kaquan generated or that a dynamic code stands for, and at most one
/// of each card with custom codes.
pub async fn by_text(state: &State, app: &AppHandle, text: &str) -> Result<Vec<CodeSheet>> {
    let id = app.row.app.id;
    // People type twelve digits in groups, but a custom code may contain spaces. Both forms are searched.
    let squeezed: CodeText = text.split_whitespace().collect::<String>().into();
    let mut texts = vec![squeezed.clone(), CodeText::from(text)];
    texts.dedup();
    let (generated, now) = (squeezed.as_str(), state.clock.now());
    let mut refs = vec![CodeRef::with_dynamic(&app.cipher, generated, None, now, DYNAMIC_VALID_SECS)];
    // The code is looked up for each card of the app.
    let custom = expensive(state, id, move |store: &dyn Store| -> Result<Vec<CodeRef>> {
        let mut refs = Vec::new();
        for text in texts {
            let cards = store.cards_with_code(id, &text, SAME_TEXT_MAX)?;
            refs.extend(cards.into_iter().map(|card| CodeRef {
                text: text.clone(),
                seq: None,
                card_id: Some(card),
                dynamic_after: None,
            }));
        }
        Ok(refs)
    });
    refs.extend(custom.await?);
    query(state, id, LookUp(refs)).await
}

/// The newest codes of a holder that `keep` takes, at most `count`, the newest first. The others are not held.
///
/// # Errors
///
/// The errors of the store.
pub fn newest_of_holder(
    store: &dyn Store,
    app: AppId,
    openid: &OpenId,
    count: usize,
    keep: impl Fn(&Code) -> bool,
) -> Result<Vec<Code>> {
    let (mut newest, mut from) = (VecDeque::new(), CodeSeq(0));
    loop {
        let codes = store.codes_of_holder_from(app, openid, None, from, CODES_AT_ONCE)?;
        let next = codes.last().filter(|_| codes.len() == CODES_AT_ONCE).map(|last| CodeSeq(last.seq.0 + 1));
        newest.extend(codes.into_iter().filter(&keep));
        newest.drain(..newest.len().saturating_sub(count));
        match next {
            Some(next) => from = next,
            None => return Ok(newest.into_iter().rev().collect()),
        }
    }
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

/// The sheets of these codes, in the same order.
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

/// Builds the sheets of loaded codes. Loads only the additional rows.
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
struct CodesByNumber(Vec<CodeSeq>);

impl Query for CodesByNumber {
    type Reply = Vec<Code>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.codes.extend(self.0.iter().copied());
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<Vec<Code>> {
        let found = self.0.iter().filter_map(|seq| ws.codes.get(seq).transpose());
        found.map(|code| code.cloned()).collect()
    }
}

/// The codes with these numbers. Numbers without a code are left out.
pub async fn codes(state: &State, app: AppId, seqs: Vec<CodeSeq>) -> Result<Vec<Code>> {
    query(state, app, CodesByNumber(seqs)).await
}

/// The word for a state, and the CSS class of its badge.
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
