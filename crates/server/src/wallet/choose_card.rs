//! `POST /wallet/v1/choose_card`: lists the codes that a holder can choose from on a page. As in WeChat's API, a
//! wrong signature gives an empty list and no error. WeChat manual: "附录：JS-SDK 使用权限签名算法" (signatures of the JS-SDK),
//! chooseCard.

use crate::auth::card_ext_reading::is_nonce;
use crate::auth::encrypt_code;
use crate::auth::sign::{self, Signed, is_right};
use crate::http::{Answer, Call};
use crate::state::blocking;
use kaquan_core::card::{Card, CardType};
use kaquan_core::code::{Code, CodeState};
use kaquan_core::engine::Keys;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{AppId, CardId, CodeSeq, OpenId};
use kaquan_core::time::Timestamp;
use kaquan_core::value::ident;
use kaquan_store::Store;
use serde::Serialize;
use serde_json::Value;

/// `{"openid", "timestamp", "nonce_str", "card_sign", "sign_type"?, "location_id"?, "card_type"?, "card_id"?}`
/// answers a [`ChoiceReply`]. The names that pages use (`shopId`, `cardSign` …) are accepted too.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let openid = params.openid()?;
    let (app, now) = (call.app()?, call.state.clock.now());
    let mut values = sign::values(Signed::ChooseCard, params)?;
    values[0] = app.row.appid.clone();
    let text = |names: [&str; 2]| -> Result<Option<String>> {
        Ok(params.text(names[0])?.or(params.text(names[1])?))
    };
    let signature = text(["card_sign", "cardSign"])?.unwrap_or_default();
    let sign_type = text(["sign_type", "signType"])?;
    let wanted = PageConditions {
        location_id: sign::value("location_id", params)?,
        card_id: sign::value("card_id", params)?,
        card_type: sign::value("card_type", params)?,
    };
    let signed = sign_type.is_none_or(|name| name == "SHA1")
        && wanted.is_shaped(sign::value("nonce_str", params)?.as_str(), &app.row.appid)
        && is_right(&app.row.token_key, Signed::ChooseCard, &values, &signature, now);
    if !signed {
        return Answer::with(&ChoiceReply { card_list: Vec::new() });
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
        list.push(ChoosableCode { card_id, encrypt_code: encrypted });
    }
    Answer::with(&ChoiceReply { card_list: list })
}

/// The reply of `/wallet/v1/choose_card`.
#[derive(Debug, Serialize)]
struct ChoiceReply {
    /// The holder's codes that can be used now, in the order of claims.
    card_list: Vec<ChoosableCode>,
}

/// A code that a holder can choose.
#[derive(Debug, Serialize)]
struct ChoosableCode {
    /// The card.
    card_id: CardId,
    /// The code, encrypted for the page.
    encrypt_code: String,
}

/// The conditions of the page. An empty condition matches every code.
struct PageConditions {
    location_id: String,
    card_id: String,
    card_type: String,
}

impl PageConditions {
    /// Whether no value has the form of another value. Values are signed without their names: a `nonce_str` that looks
    /// like a card type or an appid could have been signed as such.
    fn is_shaped(&self, nonce: &str, appid: &str) -> bool {
        is_nonce(nonce)
            && !nonce.contains(appid)
            && CardType::from_wire(nonce).is_none()
            && (self.location_id.is_empty() || self.location_id.bytes().all(|byte| byte.is_ascii_digit()))
            && (self.card_type.is_empty()
                || self.card_type.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
    }

    fn fits(&self, card: &Card) -> bool {
        (self.card_id.is_empty() || self.card_id == card.id.as_str())
            && (self.card_type.is_empty() || CardType::from_wire(&self.card_type) == Some(card.card_type))
            && (self.location_id.is_empty() || self.is_at(card))
    }

    /// Whether the card is valid in the given shop. A card without a list of shops is valid in all of them.
    fn is_at(&self, card: &Card) -> bool {
        let list = card.section.get("base_info").and_then(|base| base.get("location_id_list"));
        match list.and_then(Value::as_array) {
            Some(list) if !list.is_empty() => {
                list.iter().any(|shop| ident(shop).as_deref() == Some(&self.location_id))
            }
            _ => true,
        }
    }
}

/// Codes that are read at once; those that cannot be used are not held.
const CODES_AT_ONCE: usize = 1_024;

/// The holder's codes that can be used now, in the order of their claims.
fn usable(
    store: &dyn Store,
    app: AppId,
    openid: &OpenId,
    wanted: &PageConditions,
    now: Timestamp,
) -> Result<Vec<(CardId, Code)>> {
    let mut set = store.working_set(app)?.ok_or(ErrCode::InvalidAppid)?;
    let (mut found, mut from) = (Vec::new(), CodeSeq(0));
    loop {
        let codes = store.codes_of_holder_from(app, openid, None, from, CODES_AT_ONCE)?;
        let next = codes.last().filter(|_| codes.len() == CODES_AT_ONCE).map(|last| CodeSeq(last.seq.0 + 1));
        let keys = Keys { cards: codes.iter().map(|code| code.card).collect(), ..Keys::default() };
        store.load(&keys, &mut set)?;
        for code in codes {
            let card = set.cards.get(&code.card)?.ok_or_else(|| Error::internal("code without its card"))?;
            let state = code.state_at(&set.app, card, now);
            if wanted.fits(card) && state == CodeState::Normal && code.window(card).begin <= now {
                found.push((card.id.clone(), code));
            }
        }
        match next {
            Some(next) => from = next,
            None => return Ok(found),
        }
    }
}
