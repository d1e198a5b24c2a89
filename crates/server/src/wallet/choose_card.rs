//! `POST /wallet/v1/choose_card`: a page lets a holder choose among the codes that can be used. As on WeChat's phones, a
//! wrong signature shows an empty list and no error.
//! WeChat manual: "附录：JS-SDK 使用权限签名算法" (signatures of the JS-SDK), chooseCard.

use crate::auth::encrypt_code;
use crate::auth::sign::{Signed, is_right};
use crate::http::params::Params;
use crate::http::{Answer, Call};
use crate::own::sign_check::values;
use crate::state::blocking;
use kaquan_core::card::CardType;
use kaquan_core::code::{Code, CodeState};
use kaquan_core::engine::Keys;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{AppId, CardId, OpenId};
use kaquan_core::time::Timestamp;
use kaquan_store::Store;
use serde_json::{Value, json};

/// `{"openid", "timestamp", "nonce_str", "card_sign", "location_id"?, "card_type"?, "card_id"?}` answers `{"card_list":
/// [{"card_id", "encrypt_code"}]}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let openid = params.openid()?;
    let (app, now) = (call.app()?, call.state.clock.now());
    let mut signed = params.0.clone();
    signed.insert("app_id".to_owned(), app.row.appid.as_str().into());
    let values = values(Signed::ChooseCard, Params(&signed))?;
    let signature = params.text("card_sign")?.unwrap_or_default();
    let wanted = Wanted { card_id: params.optional_card_id()?, card_type: params.text("card_type")? };
    if !is_right(&app.row.token_key, Signed::ChooseCard, &values, &signature, now) {
        return Ok(Answer::with(json!({"card_list": []})));
    }
    let id = app.row.app.id;
    let codes = blocking(&call.state, move |store| usable(store, id, &openid, &wanted, now)).await?;
    let mut list = Vec::new();
    for (card_id, code) in codes {
        let text = match code.custom {
            Some(text) => text,
            None => app.code_text(code.seq)?,
        };
        let encrypted = encrypt_code::encrypt(&app.row.token_key, &text)?;
        list.push(json!({"card_id": card_id.as_str(), "encrypt_code": encrypted}));
    }
    Ok(Answer::with(json!({"card_list": Value::Array(list)})))
}

/// Which codes the page wants.
struct Wanted {
    card_id: Option<CardId>,
    card_type: Option<String>,
}

/// The holder's codes that can be used now, in the order they came.
fn usable(
    store: &dyn Store,
    app: AppId,
    openid: &OpenId,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Vec<(CardId, Code)>> {
    let mut set = store.working_set(app)?.ok_or(ErrCode::InvalidAppid)?;
    let codes = store.codes_of_holder(app, openid, None)?;
    let keys = Keys { cards: codes.iter().map(|code| code.card).collect(), ..Keys::default() };
    store.load(&keys, &mut set)?;
    let card_type = wanted.card_type.as_deref().map(CardType::from_wire);
    let mut found = Vec::new();
    for code in codes {
        let card = set.cards.get(&code.card)?.ok_or_else(|| Error::internal("code without its card"))?;
        let fits = wanted.card_id.as_ref().is_none_or(|id| *id == card.id)
            && card_type.is_none_or(|kind| kind == Some(card.card_type));
        let state = code.state_at(&set.app, card, now);
        if fits && state == CodeState::Normal && code.window(card).begin <= now {
            found.push((card.id.clone(), code));
        }
    }
    Ok(found)
}
