//! `POST /card/user/getcardlist`. WeChat manual: "管理卡券" (manage cards), cards of a user.

use crate::auth::apps::AppHandle;
use crate::http::answer::JSON;
use crate::http::large::{self, JsonList, LargeAnswer};
use crate::http::{Answer, Call};
use crate::state::{State, blocking, page};
use kaquan_core::code::CodeState;
use kaquan_core::engine::Keys;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{CardId, CodeSeq, CodeText, OpenId};
use kaquan_core::time::Timestamp;
use kaquan_store::Store;
use serde::Serialize;
use std::sync::Arc;

/// Codes that one read returns. Nearly every holder has fewer.
const CODES_PER_PAGE: usize = 1_024;

/// `{"openid", "card_id"?}` answers a [`CardListReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let (openid, card_id) = (params.openid()?, params.optional_card_id()?);
    let (app, now) = (call.app_handle()?, call.state.clock.now());
    let query = HeldQuery { app: app.clone(), openid, card_id, now };
    let first = query.clone();
    let page = blocking(&call.state, move |store: &dyn Store| first.page(store, CodeSeq(0))).await?;
    if page.next.is_none() {
        return Answer::with(&CardListReply { card_list: page.codes, has_share_card: false });
    }
    // The holder has many codes. The rest of them is read and written while the caller reads the answer.
    let id = app.row.app.id;
    let (state, HeldPage { codes, next }) = (call.state.clone(), page);
    let rows = HeldCodes { state, query, first: codes, next, list: JsonList::default() };
    let head = br#"{"errcode":0,"errmsg":"ok","card_list":["#.to_vec();
    Ok(Answer::Stream(JSON, large::body(&call.state.shares, id, head, rows).await?))
}

/// Looks up the codes for the list.
#[derive(Clone)]
struct HeldQuery {
    app: Arc<AppHandle>,
    openid: OpenId,
    card_id: Option<CardId>,
    now: Timestamp,
}

/// One page of codes, and where the next page begins.
struct HeldPage {
    codes: Vec<HeldCode>,
    next: Option<CodeSeq>,
}

impl HeldQuery {
    fn page(&self, store: &dyn Store, from: CodeSeq) -> Result<HeldPage> {
        let app = self.app.row.app.id;
        let mut set = store.working_set(app)?.ok_or(ErrCode::InvalidAppid)?;
        let mut keys = Keys::default();
        keys.card_ids.extend(self.card_id.clone());
        store.load(&keys, &mut set)?;
        let card = match &self.card_id {
            Some(id) => Some(set.existing_card(id)?.no),
            None => None,
        };
        let found = store.codes_of_holder_from(app, &self.openid, card, from, CODES_PER_PAGE)?;
        let keys = Keys { cards: found.iter().map(|code| code.card).collect(), ..Keys::default() };
        store.load(&keys, &mut set)?;
        let last = found.last().filter(|_| found.len() == CODES_PER_PAGE);
        let next = last.map(|code| CodeSeq(code.seq.0 + 1));
        let mut codes = Vec::new();
        for code in found {
            let card = set.cards.get(&code.card)?.ok_or_else(|| Error::internal("code without its card"))?;
            if code.state_at(&set.app, card, self.now) == CodeState::Normal {
                let text = code.custom.map_or_else(|| self.app.code_text(code.seq), Ok)?;
                codes.push(HeldCode { code: text, card_id: card.id.clone() });
            }
        }
        Ok(HeldPage { codes, next })
    }
}

/// The codes of a holder with more than one page.
struct HeldCodes {
    state: State,
    query: HeldQuery,
    /// The codes of the first page; empty after they are written.
    first: Vec<HeldCode>,
    next: Option<CodeSeq>,
    list: JsonList,
}

impl LargeAnswer for HeldCodes {
    type Row = HeldCode;

    async fn read(&mut self) -> Result<Vec<HeldCode>> {
        if !self.first.is_empty() {
            return Ok(std::mem::take(&mut self.first));
        }
        while let Some(from) = self.next {
            let (query, id) = (self.query.clone(), self.query.app.row.app.id);
            let read = page(&self.state, id, move |store: &dyn Store| query.page(store, from)).await?;
            self.next = read.next;
            if !read.codes.is_empty() {
                return Ok(read.codes);
            }
        }
        Ok(Vec::new())
    }

    fn write(&mut self, rows: &[HeldCode], out: &mut Vec<u8>) -> Result<()> {
        rows.iter().try_for_each(|row| self.list.push(row, out))
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(br#"],"has_share_card":false}"#);
        Ok(())
    }
}

/// The reply of `/card/user/getcardlist`.
#[derive(Debug, Serialize)]
struct CardListReply {
    /// The codes that the holder can use now or later, in the order of claims.
    card_list: Vec<HeldCode>,
    /// Whether a friend shares a card with the holder. Always false, because kaquan has no friends' coupons.
    has_share_card: bool,
}

/// A code of the holder.
#[derive(Debug, Serialize)]
struct HeldCode {
    /// The code.
    code: CodeText,
    /// Its card.
    card_id: CardId,
}
