//! `POST /cgi-bin/qrcode/create` for cards. WeChat's path also makes QR codes for an account's chat, which kaquan does
//! not have. WeChat manual: "投放卡券" (distribute cards), QR codes.

use crate::api::card::qrcode::create::{
    LIFE_SECS, QR_CARD, QR_MULTIPLE_CARD, answer, cards, inner_lifetime, lifetime,
};
use crate::gateway;
use crate::http::{Answer, Call};
use kaquan_core::card::Object;
use kaquan_core::error::{ErrCode, Error, Result};
use serde_json::Value;

/// The longest `expire_seconds` beside `action_info`: 30 days, the limit of this path. A client library always sends
/// seven days there.
const OUTER_LIFE_SECS: i64 = 2_592_000;
const PATH: &str = "/cgi-bin/qrcode/create";
/// The actions for the chat of an account.
const OF_CHATS: [&str; 4] = ["QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"];

/// `{"action_name", "expire_seconds"?, "action_info"}` answers as `/card/qrcode/create`. The cards may also be in
/// `action_info.scene`, and the `expire_seconds` of a card wins.
///
/// # Errors
///
/// 48001 for the QR codes of an account's chat, if the app has no upstream; otherwise as `/card/qrcode/create`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let action = params.text("action_name")?;
    if let Some(action) = action.as_deref().filter(|action| OF_CHATS.contains(action)) {
        // With an upstream, the original host creates the QR code.
        let forwarded =
            gateway::forward(&call.state, call.app_handle()?, PATH, Vec::new(), Some(call.body()));
        if let Some(answer) = forwarded.await? {
            return Ok(answer);
        }
        let reason = format!("{action} is no action of this server; it has {QR_CARD} and {QR_MULTIPLE_CARD}");
        return Err(Error::field(ErrCode::ApiUnauthorized, "action_name", reason));
    }
    let info = params.value("action_info").and_then(Value::as_object).map(with_cards);
    let cards = cards(action.as_deref(), info)?;
    let life = match inner_lifetime(info)?.filter(|secs| *secs != 0) {
        Some(inner) => lifetime([Some(inner), None], LIFE_SECS)?,
        None => lifetime([params.int("expire_seconds")?, None], OUTER_LIFE_SECS)?,
    };
    answer(&call, cards, life).await
}

/// The object that has the cards: `action_info`, or the object `scene` in it.
fn with_cards(info: &Object) -> &Object {
    let is_here = ["card", "multiple_card", "card_list"]
        .iter()
        .any(|key| info.get(*key).is_some_and(|part| !part.is_null()));
    match info.get("scene").and_then(Value::as_object) {
        Some(scene) if !is_here => scene,
        _ => info,
    }
}
