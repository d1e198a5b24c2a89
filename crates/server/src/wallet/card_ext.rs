//! `cardExt`: what a page hands over with a card, signed by the merchant's server.
//! WeChat manual: "附录：JS-SDK 使用权限签名算法" (signatures of the JS-SDK), cardExt.

use crate::auth::sign::{Signed, Values, is_right, is_stamp};
use crate::auth::ticket;
use crate::http::params::Params;
use kaquan_core::card::Object;
use kaquan_core::code::claim::via::{CardExtUse, Via};
use kaquan_core::code::claim::{Claim, OUTER_STR_MAX};
use kaquan_core::error::Result;
use kaquan_core::time::Timestamp;
use serde_json::Value;

/// Characters of `nonce_str` at most.
const NONCE_MAX: usize = 32;

/// A `cardExt` as it was sent: the object in it, or why there is none.
#[derive(Debug)]
pub struct CardExt(Result<Object, String>);

impl CardExt {
    /// Reads the text a page hands over; an object is taken too.
    pub fn read(value: &Value) -> CardExt {
        CardExt(match value {
            Value::Object(object) => Ok(object.clone()),
            Value::String(text) => match serde_json::from_str(text) {
                Ok(Value::Object(object)) => Ok(object),
                _ => Err("is not a JSON object written as text".to_owned()),
            },
            _ => Err("must be text".to_owned()),
        })
    }

    /// Has the claim be what the `cardExt` says, or be refused for what is wrong with it.
    pub fn lay_over(self, claim: &mut Claim, key: &[u8; 32], now: Timestamp) {
        let used = self.0.and_then(|object| apply(&object, claim, key, now));
        claim.via = Via::Page(used.unwrap_or_else(CardExtUse::Wrong));
    }
}

fn apply(object: &Object, claim: &mut Claim, key: &[u8; 32], now: Timestamp) -> Result<CardExtUse, String> {
    let params = Params(object);
    let text =
        |name: &str| params.text(name).map(Option::unwrap_or_default).map_err(|error| error.to_string());
    let mut values = Values::new();
    for field in Signed::CardExt.fields() {
        values.push(match *field {
            "card_id" => claim.card_id.to_string(),
            field => text(field)?,
        });
    }
    match text("timestamp")? {
        stamp if stamp.is_empty() => return Err("has no timestamp".to_owned()),
        stamp if !is_stamp(&stamp) => return Err("its timestamp is not Unix time in seconds".to_owned()),
        _ => {}
    }
    // Nobody uses it, and it must not take in another value that is signed.
    params.int("balance").map_err(|error| error.to_string())?;
    if text("nonce_str")?.chars().count() > NONCE_MAX {
        return Err(format!("nonce_str has more than {NONCE_MAX} characters"));
    }
    let signature = text("signature")?;
    if !is_right(key, Signed::CardExt, &values, &signature, now) {
        return Err("the signature is wrong; /kaquan/v1/sign/check tells what was signed".to_owned());
    }
    let wrong = |error: kaquan_core::Error| error.to_string();
    // Only a code that was signed counts.
    claim.code = params.code_text("code").map_err(wrong)?;
    if let Some(outer_str) = params.text_up_to("outer_str", OUTER_STR_MAX).map_err(wrong)? {
        claim.outer_str = Some(outer_str);
    }
    claim.outer_id = params.int("outer_id").map_err(wrong)?.unwrap_or(claim.outer_id);
    let begin = params.int("fixed_begintimestamp").map_err(wrong)?.filter(|at| *at > 0).map(Timestamp);
    claim.begin = begin.or(claim.begin);
    Ok(CardExtUse::Signed {
        openid: params.optional_openid("openid").map_err(wrong)?,
        signature: signature.into(),
        until: now.plus(ticket::LIFE_SECS),
    })
}
