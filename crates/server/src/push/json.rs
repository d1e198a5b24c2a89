//! The JSON form of an event, signed according to Standard Webhooks. Every kind of event is pushed in this form,
//! including kinds that WeChat does not push.

use super::event_payload::EventPayload;
use super::xml;
use crate::encoding::{base64, from_base64};
use hmac::{Hmac, KeyInit, Mac};
use kaquan_core::error::{Error, Result};
use kaquan_core::event::EventKind;
use kaquan_core::member::MemberNote;
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// The prefix of secrets in text form.
pub const SECRET_PREFIX: &str = "whsec_";

/// The event as `{"type", "timestamp", "data"}`.
pub fn message(payload: &EventPayload, appid: &str) -> Value {
    let event = &payload.event;
    let mut data = Map::new();
    data.insert("event_id".to_owned(), event.seq.0.into());
    data.insert("appid".to_owned(), appid.into());
    if let Some(name) = xml::name(payload) {
        data.insert("event".to_owned(), name.into());
    }
    for (key, text) in
        [("card_id", payload.card_id.as_str()), ("code", &payload.code), ("openid", payload.openid())]
    {
        if !text.is_empty() {
            data.insert(key.to_owned(), text.into());
        }
    }
    if let Value::Object(more) = particulars(payload) {
        data.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    json!({"type": event.kind.name(), "timestamp": event.at.0, "data": data})
}

/// The members of an event other than card, code and holder. An unknown value is `null`.
fn particulars(payload: &EventPayload) -> Value {
    let event = &payload.event;
    let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    match event.kind {
        EventKind::CardUpdate => json!({"send_check": event.amount == 1}),
        EventKind::ReviewRefuse | EventKind::CodeUnavailable => json!({"reason": text(payload.detail())}),
        EventKind::StockChange => json!({"change": event.amount}),
        EventKind::CodeDeposit => json!({"codes": event.amount}),
        EventKind::SkuRemind => json!({"quantity": event.amount}),
        EventKind::View => json!({"outer_str": text(payload.detail())}),
        EventKind::Claim => json!({
            "outer_str": text(payload.detail()), "outer_id": event.amount, "source_scene": xml::source_scene(payload),
        }),
        EventKind::Consume => {
            let (note, outer_str) = xml::consume_detail(payload);
            json!({
                "consume_source": xml::consume_source(payload), "outer_str": text(outer_str),
                "verify_code": note.verify_code, "remark_amount": note.remark_amount,
                "trans_id": note.trans_id, "out_trade_no": note.out_trade_no,
            })
        }
        EventKind::ConsumeReturn => json!({"seconds_after": event.amount}),
        EventKind::GiftStart => json!({"friend": text(payload.friend()), "is_chat_room": event.amount == 1}),
        EventKind::GiftReturn => json!({"friend": text(payload.friend())}),
        EventKind::GiftAccept => json!({"friend": payload.friend(), "old_code": payload.other_code}),
        EventKind::CodeUpdate => json!({"old_code": text(payload.detail())}),
        EventKind::Activate => {
            json!({
                "init_bonus": event.amount, "init_balance": event.amount2,
                "init_bonus_record": text(payload.detail()),
            })
        }
        EventKind::InitBalance => json!({"init_bonus": event.amount, "init_balance": event.amount2}),
        EventKind::MemberUpdate => {
            let note: MemberNote = serde_json::from_str(payload.detail()).unwrap_or_default();
            json!({
                "modify_bonus": event.amount, "modify_balance": event.amount2,
                "record_bonus": note.record_bonus, "record_balance": note.record_balance,
            })
        }
        EventKind::Pay => {
            json!({"fee": event.amount, "original_fee": event.amount2, "trans_id": text(payload.detail())})
        }
        EventKind::FormSubmit => json!({"is_change": event.amount == 1}),
        EventKind::SubMerchantReview => json!({
            "merchant_id": event.amount, "is_pass": event.amount2 == 1, "reason": text(payload.detail()),
        }),
        EventKind::PoiCheck => json!({"poi_id": event.amount.to_string(), "sid": text(payload.detail())}),
        EventKind::CardCreate
        | EventKind::ReviewPass
        | EventKind::CardDelete
        | EventKind::CodeDelete
        | EventKind::Expire
        | EventKind::Restore
        | EventKind::ExpireUndone
        | EventKind::Unactivate
        | EventKind::Revive => Value::Null,
    }
}

/// The header `webhook-signature`: version 1, over the id, the seconds and the body.
///
/// # Errors
///
/// -1 if the secret cannot be a key, which cannot happen.
pub fn signature(secret: &[u8], id: &str, timestamp: i64, body: &str) -> Result<String> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret).map_err(|_| Error::internal("a secret is no key"))?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Ok(format!("v1,{}", base64(&mac.finalize().into_bytes())))
}

/// The secret in the text form of Standard Webhooks libraries.
pub fn secret_text(secret: &[u8]) -> String {
    format!("{SECRET_PREFIX}{}", base64(secret))
}

/// Parses a secret in text form.
pub fn read_secret(text: &str) -> Option<Vec<u8>> {
    from_base64(text.strip_prefix(SECRET_PREFIX)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_core::event::Event;
    use kaquan_core::id::{CardNo, CodeSeq};
    use kaquan_core::time::Timestamp;

    #[test]
    fn a_message_names_the_kind_and_the_known_fields_only() {
        let event = Event::new(EventKind::Claim, Timestamp(9), CardNo(1)).of(CodeSeq(1), &"o1".into());
        let payload = EventPayload {
            event,
            card_id: "p1".to_owned(),
            code: "1".to_owned(),
            other_code: String::new(),
            push_on_view: false,
        };
        let expected = json!({"type": "claim", "timestamp": 9, "data": {
            "event_id": 0, "appid": "wx1", "event": "user_get_card", "card_id": "p1", "code": "1", "openid": "o1",
            "outer_id": 0, "source_scene": "SOURCE_SCENE_UNKNOW",
        }});
        assert_eq!(message(&payload, "wx1"), expected);
    }

    #[test]
    fn a_signature_is_that_of_standard_webhooks() {
        // The example of the Standard Webhooks libraries.
        let secret = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed =
            signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(secret_text(&secret), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert_eq!(read_secret("MfKQ"), None);
    }
}
