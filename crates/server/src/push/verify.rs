//! Asks a receiver whether it is one before its address is taken: the GET with `echostr` for WeChat's forms, a signed
//! message for JSON. And reads from an answer whether an event was accepted.
//! WeChat manual: "接入指南" (verifying a receiver), "被动回复消息" (answers to pushes).

use super::client::{Answer, Client, Sent};
use super::parcel::Packer;
use crate::auth::secret::random;
use crate::http::link::with_params;
use kaquan_core::error::Result;
use kaquan_core::time::Timestamp;
use kaquan_store::PushMode;
use serde_json::json;

/// Sends the handshake. Answers how it went, and what was wrong if it did not succeed.
///
/// Errors: -1 without randomness.
pub async fn handshake(
    client: &Client,
    packer: &Packer,
    now: Timestamp,
) -> Result<(Sent, std::result::Result<(), String>)> {
    if packer.callback.mode == PushMode::Json {
        let id = format!("{}-verify-{}", packer.appid, u64::from_le_bytes(random()?));
        let body = json!({"type": "callback_verify", "timestamp": now.0, "data": {"appid": packer.appid}});
        let sent = client.post(packer.signed_json(id, body.to_string(), now)?).await;
        let verdict = verdict(PushMode::Json, &sent);
        return Ok((sent, verdict));
    }
    let (mut params, _) = packer.signed_params(now)?;
    // Digits, as in real handshakes.
    let echostr = u64::from_le_bytes(random()?).to_string();
    params.push(("echostr", echostr.clone()));
    let url = with_params(&packer.callback.url, &params);
    let sent = client.get(&url).await;
    let verdict = match &sent.answer {
        Err(error) => Err(error.clone()),
        Ok(answer) if answer.status != 200 => Err(status(answer)),
        Ok(answer) if answer.body.strip_suffix('\n').unwrap_or(&answer.body) == echostr => Ok(()),
        Ok(_) => Err("did not answer the echostr it was sent, and nothing else".to_owned()),
    };
    Ok((sent, verdict))
}

/// Whether a receiver accepted an event: HTTP 200 with nothing, `success` or an XML reply; for JSON any 2xx.
///
/// Errors: what was wrong.
pub fn verdict(mode: PushMode, sent: &Sent) -> std::result::Result<(), String> {
    let answer = sent.answer.as_ref().map_err(Clone::clone)?;
    if mode == PushMode::Json {
        return if (200..300).contains(&answer.status) { Ok(()) } else { Err(status(answer)) };
    }
    let body = answer.body.trim();
    match answer.status {
        200 if body.is_empty() || body == "success" || body.starts_with("<xml") => Ok(()),
        200 => Err("answered neither success nor nothing nor an XML reply".to_owned()),
        _ => Err(status(answer)),
    }
}

fn status(answer: &Answer) -> String {
    match &answer.location {
        Some(to) => {
            // A query may carry what only the receiver should know.
            let to = to.split('?').next().unwrap_or_default();
            format!("HTTP {}, a redirect to {to:?}, which is not followed", answer.status)
        }
        None => format!("HTTP {}", answer.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(status: u16, body: &str) -> Sent {
        Sent { answer: Ok(Answer { status, body: body.to_owned(), location: None }), millis: 1 }
    }

    #[test]
    fn wechats_forms_accept_what_wechat_accepts() {
        for body in ["", "success", " success\n", "<xml><MsgType>text</MsgType></xml>"] {
            assert_eq!(verdict(PushMode::Safe, &sent(200, body)), Ok(()), "{body:?}");
        }
        for answer in [sent(200, "ok"), sent(200, "{}"), sent(204, ""), sent(302, ""), sent(500, "success")] {
            assert!(verdict(PushMode::Plain, &answer).is_err(), "{answer:?}");
        }
    }

    #[test]
    fn json_is_accepted_by_any_status_of_success() {
        assert_eq!(verdict(PushMode::Json, &sent(204, "")), Ok(()));
        assert_eq!(verdict(PushMode::Json, &sent(200, "{}")), Ok(()));
        assert_eq!(verdict(PushMode::Json, &sent(410, "")), Err("HTTP 410".to_owned()));
    }
}
