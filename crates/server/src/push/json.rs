//! The modern form of an event: JSON with the same facts, and a signature in the form of Standard Webhooks. Here every
//! kind of event is told, also those WeChat does not push.

use super::facts::Facts;
use super::xml;
use crate::encoding::{base64, from_base64};
use hmac::{Hmac, KeyInit, Mac};
use kaquan_core::error::{Error, Result};
use kaquan_core::event::EventKind;
use kaquan_core::member::update_user::MemberNote;
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// What secrets begin with where people see them.
pub const SECRET_PREFIX: &str = "whsec_";

/// The event as `{"type", "timestamp", "data"}`.
pub fn message(facts: &Facts, appid: &str) -> Value {
    let event = &facts.event;
    let mut data = Map::new();
    data.insert("event_id".to_owned(), event.seq.0.into());
    data.insert("appid".to_owned(), appid.into());
    if let Some(name) = xml::name(facts) {
        data.insert("event".to_owned(), name.into());
    }
    for (key, text) in
        [("card_id", facts.card_id.as_str()), ("code", &facts.code), ("openid", facts.openid())]
    {
        if !text.is_empty() {
            data.insert(key.to_owned(), text.into());
        }
    }
    if let Value::Object(more) = particulars(facts) {
        data.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    json!({"type": event.kind.name(), "timestamp": event.at.0, "data": data})
}

/// What a kind of event tells beside card, code and holder; `null` for what is not known.
fn particulars(facts: &Facts) -> Value {
    let event = &facts.event;
    let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    match event.kind {
        EventKind::CardUpdate => json!({"send_check": event.amount == 1}),
        EventKind::ReviewRefuse | EventKind::CodeUnavailable => json!({"reason": text(facts.detail())}),
        EventKind::StockChange => json!({"change": event.amount}),
        EventKind::CodeDeposit => json!({"codes": event.amount}),
        EventKind::SkuRemind => json!({"quantity": event.amount}),
        EventKind::View => json!({"outer_str": text(facts.detail())}),
        EventKind::Claim => json!({
            "outer_str": text(facts.detail()), "outer_id": event.amount, "source_scene": xml::source_scene(facts),
        }),
        EventKind::Consume => {
            let (note, outer_str) = xml::consume_detail(facts);
            json!({
                "consume_source": xml::consume_source(facts), "outer_str": text(outer_str),
                "verify_code": note.verify_code, "remark_amount": note.remark_amount,
                "trans_id": note.trans_id, "out_trade_no": note.out_trade_no,
            })
        }
        EventKind::ConsumeReturn => json!({"seconds_after": event.amount}),
        EventKind::GiftStart => json!({"friend": text(facts.friend()), "is_chat_room": event.amount == 1}),
        EventKind::GiftReturn => json!({"friend": text(facts.friend())}),
        EventKind::GiftAccept => json!({"friend": facts.friend(), "old_code": facts.other_code}),
        EventKind::CodeUpdate => json!({"old_code": text(facts.detail())}),
        EventKind::Activate => json!({"init_bonus": event.amount, "init_bonus_record": text(facts.detail())}),
        EventKind::MemberUpdate => {
            let note: MemberNote = serde_json::from_str(facts.detail()).unwrap_or_default();
            json!({
                "modify_bonus": event.amount, "modify_balance": event.amount2,
                "record_bonus": note.record_bonus, "record_balance": note.record_balance,
            })
        }
        EventKind::Pay => {
            json!({"fee": event.amount, "original_fee": event.amount2, "trans_id": text(facts.detail())})
        }
        EventKind::FormSubmit => json!({"is_change": event.amount == 1}),
        EventKind::SubMerchantReview => json!({
            "merchant_id": event.amount, "is_pass": event.amount2 == 1, "reason": text(facts.detail()),
        }),
        EventKind::PoiCheck => json!({"poi_id": event.amount.to_string(), "sid": text(facts.detail())}),
        EventKind::CardCreate
        | EventKind::ReviewPass
        | EventKind::CardDelete
        | EventKind::CodeDelete
        | EventKind::Expire
        | EventKind::Restore
        | EventKind::Revive => Value::Null,
    }
}

/// `webhook-signature`: version 1 over id, seconds and body.
///
/// Errors: -1 when the secret cannot be a key, which no secret is.
pub fn signature(secret: &[u8], id: &str, timestamp: i64, body: &str) -> Result<String> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret).map_err(|_| Error::internal("a secret is no key"))?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Ok(format!("v1,{}", base64(&mac.finalize().into_bytes())))
}

/// The secret as people and libraries write it.
pub fn secret_text(secret: &[u8]) -> String {
    format!("{SECRET_PREFIX}{}", base64(secret))
}

/// Reads a secret that is written so.
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
    fn a_message_names_the_kind_and_only_what_is_known() {
        let event = Event::new(EventKind::Claim, Timestamp(9), CardNo(1)).of(CodeSeq(1), &"o1".into());
        let facts = Facts {
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
        assert_eq!(message(&facts, "wx1"), expected);
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
