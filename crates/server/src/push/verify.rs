//! The handshake with a receiver before its URL is stored: a GET with `echostr` for WeChat's modes, a signed message
//! for JSON. This module also decides from a response whether the receiver accepted an event. WeChat manual: "接入指南"
//! (verifying a receiver), "被动回复消息" (answers to pushes).

use super::client::{Client, ReceiverResponse, SendOutcome};
use super::webhook_request::RequestBuilder;
use crate::auth::secret::random;
use crate::http::link::with_params;
use kaquan_core::error::Result;
use kaquan_core::time::Timestamp;
use kaquan_store::PushMode;
use serde_json::json;

/// Sends the handshake. Returns the result of the request, and the fault of the response if there is one.
///
/// # Errors
///
/// -1 if the system returns no random bytes.
pub async fn handshake(
    client: &Client,
    builder: &RequestBuilder,
    now: Timestamp,
) -> Result<(SendOutcome, std::result::Result<(), String>)> {
    if builder.callback.mode == PushMode::Json {
        let id = format!("{}-verify-{}", builder.appid, u64::from_le_bytes(random()?));
        let body = json!({"type": "callback_verify", "timestamp": now.0, "data": {"appid": builder.appid}});
        let sent = client.post(builder.signed_json(id, body.to_string(), now)?).await;
        let verdict = verdict(PushMode::Json, &sent);
        return Ok((sent, verdict));
    }
    let (mut params, _) = builder.signed_params(now)?;
    // Digits, as in real handshakes.
    let echostr = u64::from_le_bytes(random()?).to_string();
    params.push(("echostr", echostr.clone()));
    let url = with_params(&builder.callback.url, &params);
    let sent = client.get(&url).await;
    let verdict = match &sent.response {
        Err(error) => Err(error.clone()),
        Ok(response) if response.status != 200 => Err(status(response)),
        Ok(response) if response.body.strip_suffix('\n').unwrap_or(&response.body) == echostr => Ok(()),
        Ok(_) => Err("the response must be exactly the echostr".to_owned()),
    };
    Ok((sent, verdict))
}

/// Whether a receiver accepted an event: HTTP 200 with an empty body, `success` or an XML reply. For JSON, any 2xx.
///
/// # Errors
///
/// The fault of the response.
pub fn verdict(mode: PushMode, sent: &SendOutcome) -> std::result::Result<(), String> {
    let response = sent.response.as_ref().map_err(Clone::clone)?;
    if mode == PushMode::Json {
        return if (200..300).contains(&response.status) { Ok(()) } else { Err(status(response)) };
    }
    let body = response.body.trim();
    match response.status {
        200 if body.is_empty() || body == "success" || body.starts_with("<xml") => Ok(()),
        200 => Err("unexpected body: must be empty, success or XML".to_owned()),
        _ => Err(status(response)),
    }
}

fn status(response: &ReceiverResponse) -> String {
    match &response.location {
        Some(to) => {
            // The query is not shown: it may contain a secret of the receiver.
            let to = to.split('?').next().unwrap_or_default();
            format!("HTTP {}, a redirect to {to:?}, which is not followed", response.status)
        }
        None => format!("HTTP {}", response.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(status: u16, body: &str) -> SendOutcome {
        SendOutcome {
            response: Ok(ReceiverResponse { status, body: body.to_owned(), location: None }),
            millis: 1,
        }
    }

    #[test]
    fn wechats_push_modes_accept_the_replies_that_wechat_accepts() {
        for body in ["", "success", " success\n", "<xml><MsgType>text</MsgType></xml>"] {
            assert_eq!(verdict(PushMode::Safe, &sent(200, body)), Ok(()), "{body:?}");
        }
        for response in [sent(200, "ok"), sent(200, "{}"), sent(204, ""), sent(302, ""), sent(500, "success")]
        {
            assert!(verdict(PushMode::Plain, &response).is_err(), "{response:?}");
        }
    }

    #[test]
    fn json_is_accepted_by_any_status_of_success() {
        assert_eq!(verdict(PushMode::Json, &sent(204, "")), Ok(()));
        assert_eq!(verdict(PushMode::Json, &sent(200, "{}")), Ok(()));
        assert_eq!(verdict(PushMode::Json, &sent(410, "")), Err("HTTP 410".to_owned()));
    }
}
