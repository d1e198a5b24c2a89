//! `POST /card/user/getcardlist`. WeChat manual: "管理卡券" (manage cards), cards of a user.

use crate::http::{Answer, Call};
use crate::state::blocking;
use kaquan_core::code::CodeState;
use kaquan_core::engine::Keys;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{CardId, CodeSeq, CodeText};
use kaquan_store::Store;
use serde::Serialize;

/// `{"openid", "card_id"?}` answers a [`CardListReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let (openid, card_id) = (params.openid()?, params.optional_card_id()?);
    let (app, now) = (call.app_id()?, call.state.clock.now());
    let held = blocking(&call.state, move |store: &dyn Store| -> Result<Vec<Held>> {
        let mut set = store.working_set(app)?.ok_or(ErrCode::InvalidAppid)?;
        let mut keys = Keys::default();
        keys.card_ids.extend(card_id.clone());
        store.load(&keys, &mut set)?;
        let card = match &card_id {
            Some(id) => Some(set.existing_card(id)?.no),
            None => None,
        };
        let codes = store.codes_of_holder(app, &openid, card)?;
        let keys = Keys { cards: codes.iter().map(|code| code.card).collect(), ..Keys::default() };
        store.load(&keys, &mut set)?;
        let mut held = Vec::new();
        for code in codes {
            let card = set.cards.get(&code.card)?.ok_or_else(|| Error::internal("code without its card"))?;
            if code.state_at(&set.app, card, now) == CodeState::Normal {
                held.push(Held { card_id: card.id.clone(), seq: code.seq, custom: code.custom });
            }
        }
        Ok(held)
    });
    let app = call.app()?;
    let mut list = Vec::new();
    for Held { card_id, seq, custom } in held.await? {
        let code = match custom {
            Some(text) => text,
            None => app.code_text(seq)?,
        };
        list.push(HeldCode { code, card_id });
    }
    Answer::with(&CardListReply { card_list: list, has_share_card: false })
}

/// The reply of `/card/user/getcardlist`.
#[derive(Debug, Serialize)]
struct CardListReply {
    /// The codes that the holder can use now or later, in the order of their claims.
    card_list: Vec<HeldCode>,
    /// Whether a friend shares a card with the holder; always false, as there are no friends here.
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

/// A code to be listed, before its text is known.
struct Held {
    card_id: CardId,
    seq: CodeSeq,
    custom: Option<CodeText>,
}
