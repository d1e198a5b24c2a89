//! `POST /card/user/getcardlist`. WeChat manual: "管理卡券" (manage cards), cards of a user.

use crate::auth::apps::AppHandle;
use crate::http::answer::JSON;
use crate::http::large::{self, JsonList, LargeAnswer};
use crate::http::{Answer, Call};
use crate::state::blocking;
use kaquan_core::code::CodeState;
use kaquan_core::engine::Keys;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{CardId, CodeSeq, CodeText, OpenId};
use kaquan_core::time::Timestamp;
use kaquan_store::Store;
use serde::Serialize;
use std::sync::Arc;

/// Codes that are read at once. Nearly every holder has fewer.
const CODES_PER_PAGE: usize = 512;

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
    let mut rows = HeldCodes { query, next: page.next, list: JsonList::default() };
    let mut head = br#"{"errcode":0,"errmsg":"ok","card_list":["#.to_vec();
    rows.write(&page.codes, &mut head)?;
    Ok(Answer::Stream(JSON, large::body(&call.state.access, id, head, rows).await?))
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
    query: HeldQuery,
    next: Option<CodeSeq>,
    list: JsonList,
}

impl HeldCodes {
    fn write(&mut self, codes: &[HeldCode], out: &mut Vec<u8>) -> Result<()> {
        codes.iter().try_for_each(|code| self.list.push(code, out))
    }
}

impl LargeAnswer for HeldCodes {
    fn piece(&mut self, store: &dyn Store, out: &mut Vec<u8>) -> Result<bool> {
        if let Some(from) = self.next {
            let read = self.query.page(store, from)?;
            self.next = read.next;
            self.write(&read.codes, out)?;
            return Ok(true);
        }
        out.extend_from_slice(br#"],"has_share_card":false}"#);
        Ok(false)
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
