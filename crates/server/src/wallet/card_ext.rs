//! `cardExt`: the values that a page sends with a claim. The merchant's server signs them with WeChat's signature or
//! with the native one. WeChat manual: "附录：JS-SDK 使用权限签名算法" (signatures of the JS-SDK), cardExt.

use crate::auth::card_ext_reading::{Reading, is_stamp};
use crate::auth::native_sign::{self, SIGN_TYPE};
use crate::auth::sign::{self, Signed, Values, matching_ticket};
use crate::auth::sign_check::NO_BALANCE;
use crate::auth::ticket;
use crate::http::params::Params;
use kaquan_core::card::Object;
use kaquan_core::code::{CardExtUse, Claim, OUTER_STR_MAX, Via};
use kaquan_core::error::Result;
use kaquan_core::time::Timestamp;
use serde_json::Value;

/// The `cardExt` of a request: its object, or the reason why it is malformed.
#[derive(Debug)]
pub struct CardExt(Result<Object, String>);

/// The app whose server signs a `cardExt`.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// The appid.
    pub appid: &'a str,
    /// The key from which the app's tickets are derived.
    pub key: &'a [u8; 32],
}

impl CardExt {
    /// Reads the text that a page sends. An object is accepted too.
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

    /// Sets the values of the claim from the `cardExt`, or marks the claim as refused, with the reason.
    pub fn lay_over(self, claim: &mut Claim, signer: Signer<'_>, now: Timestamp) {
        let used = self.0.and_then(|object| apply(&object, claim, signer, now));
        claim.via = Via::Page(used.unwrap_or_else(CardExtUse::Wrong));
    }
}

const WRONG: &str = "the signature is wrong; /kaquan/v1/sign/check shows the signed text";

fn apply(
    object: &Object,
    claim: &mut Claim,
    signer: Signer<'_>,
    now: Timestamp,
) -> Result<CardExtUse, String> {
    let params = Params(object);
    let wrong = |error: kaquan_core::Error| error.to_string();
    let is_native = match params.text("sign_type").map_err(wrong)?.as_deref() {
        None | Some("" | "SHA1") => false,
        Some(SIGN_TYPE) => true,
        Some(_) => return Err(format!("sign_type must be SHA1 or {SIGN_TYPE}")),
    };
    let signature = params.text("signature").map_err(wrong)?.unwrap_or_default();
    let card_id = claim.card_id.to_string();
    let refusal = match is_native {
        true => native_refusal(params, &card_id, &signature, signer, now),
        false => refusal(params, &card_id, &signature, signer, now),
    };
    if let Some(refusal) = refusal.map_err(wrong)? {
        return Err(refusal.to_owned());
    }
    // A code is used only if it is signed.
    claim.code = params.code_text("code").map_err(wrong)?;
    let outer_str = params.text_up_to("outer_str", OUTER_STR_MAX).map_err(wrong)?;
    let outer_id = params.int("outer_id").map_err(wrong)?;
    let begin = params.int("fixed_begintimestamp").map_err(wrong)?.filter(|at| *at > 0).map(Timestamp);
    match is_native {
        // The native signature covers these values, even if they are empty.
        true => (claim.outer_str, claim.outer_id, claim.begin) = (outer_str, outer_id.unwrap_or(0), begin),
        // WeChat's signature does not cover these values, so the `begin` of the request has priority.
        false => {
            claim.outer_str = outer_str.or(claim.outer_str.take());
            claim.outer_id = outer_id.unwrap_or(claim.outer_id);
            claim.begin = claim.begin.or(begin);
        }
    }
    Ok(CardExtUse::Signed {
        openid: params.optional_openid("openid").map_err(wrong)?,
        signature: signature.into(),
        until: now.plus(ticket::LIFE_SECS),
    })
}

/// Why WeChat's signature is refused; `None` if it is right.
fn refusal(
    params: Params<'_>,
    card_id: &str,
    signature: &str,
    signer: Signer<'_>,
    now: Timestamp,
) -> Result<Option<&'static str>> {
    let text = |field: &str| params.text(field).map(Option::unwrap_or_default);
    let mut values = Values::new();
    for field in Signed::CardExt.fields() {
        values.push(match *field {
            "card_id" => card_id.to_owned(),
            field => text(field)?,
        });
    }
    if !text("balance")?.is_empty() {
        return Ok(Some(NO_BALANCE));
    }
    let reading = Reading::of(&values);
    if let Some(fault) = reading.fault(now) {
        return Ok(Some(fault));
    }
    Ok(match matching_ticket(signer.key, Signed::CardExt, &values, signature, now) {
        Some(ticket) => reading.refusal(&ticket, signer.appid, now),
        None => Some(WRONG),
    })
}

/// Why the native signature is refused; `None` if it is right.
fn native_refusal(
    params: Params<'_>,
    card_id: &str,
    signature: &str,
    signer: Signer<'_>,
    now: Timestamp,
) -> Result<Option<&'static str>> {
    let kind = Signed::NativeCardExt;
    let mut values = Values::new();
    for field in kind.fields() {
        values.push(match *field {
            "appid" => signer.appid.to_owned(),
            "card_id" => card_id.to_owned(),
            field => params.text(field)?.unwrap_or_default(),
        });
    }
    if let Some(fault) = native_sign::fault(&values) {
        return Ok(Some(fault));
    }
    if !is_stamp(&sign::value("timestamp", params)?) {
        return Ok(Some("its timestamp is not Unix time in seconds"));
    }
    Ok(matching_ticket(signer.key, kind, &values, signature, now).is_none().then_some(WRONG))
}
