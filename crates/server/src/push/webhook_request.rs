//! Builds webhook requests: query, headers and body in the app's mode, with a new signature for every try. WeChat
//! manual: "接收事件推送" (receiving events), "消息加解密说明" (encryption).

use super::event_payload::EventPayload;
use super::{crypt, json, xml};
use crate::auth::secret::random;
use crate::http::link::with_params;
use kaquan_core::error::{Error, Result};
use kaquan_core::event::Event;
use kaquan_core::time::Timestamp;
use kaquan_store::{Callback, PushMode};

/// A request to a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRequest {
    /// The receiver's URL with all parameters.
    pub url: String,
    /// Headers in addition to those of the client.
    pub headers: Vec<(&'static str, String)>,
    /// The signed or encrypted message.
    pub body: String,
}

/// Builds the webhook requests of an app.
#[derive(Debug, Clone)]
pub struct RequestBuilder {
    /// The receiver and the form of its requests.
    pub callback: Callback,
    /// The appid of the app.
    pub appid: String,
}

impl RequestBuilder {
    /// Whether events of this kind are pushed in this mode.
    pub fn pushes(&self, payload: &EventPayload) -> bool {
        self.callback.mode == PushMode::Json || xml::name(payload).is_some()
    }

    /// The id of an event for its receiver. It is the same for every try.
    pub fn event_id(&self, event: &Event) -> String {
        format!("{}-{}", self.appid, event.seq)
    }

    /// The message of an event before it is signed or encrypted; empty if the event is not pushed.
    pub fn message(&self, payload: &EventPayload, create_time: Timestamp) -> String {
        if self.callback.mode == PushMode::Json {
            return json::message(payload, &self.appid).to_string();
        }
        let elements = xml::elements(payload, &self.callback.original_id, create_time);
        elements.map(|elements| xml::message(&elements)).unwrap_or_default()
    }

    /// The request that pushes an event, signed at `now`.
    ///
    /// # Errors
    ///
    /// -1 if the system returns no random bytes.
    pub fn build(
        &self,
        payload: &EventPayload,
        create_time: Timestamp,
        now: Timestamp,
    ) -> Result<WebhookRequest> {
        match self.callback.mode {
            PushMode::Json => {
                let body = json::message(payload, &self.appid).to_string();
                self.signed_json(self.event_id(&payload.event), body, now)
            }
            _ => self.classic(payload, create_time, now),
        }
    }

    /// Builds a request with a JSON body and an id.
    ///
    /// # Errors
    ///
    /// -1 if it cannot be signed.
    pub fn signed_json(&self, id: String, body: String, now: Timestamp) -> Result<WebhookRequest> {
        let signature = json::signature(&self.callback.secret, &id, now.0, &body)?;
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-kaquan-event-id", id.clone()),
            ("webhook-id", id),
            ("webhook-timestamp", now.0.to_string()),
            ("webhook-signature", signature),
        ];
        Ok(WebhookRequest { url: self.callback.url.clone(), headers, body })
    }

    fn classic(
        &self,
        payload: &EventPayload,
        create_time: Timestamp,
        now: Timestamp,
    ) -> Result<WebhookRequest> {
        let to_user = &self.callback.original_id;
        let elements = xml::elements(payload, to_user, create_time);
        let elements = elements.ok_or_else(|| Error::internal("an event without a name was to be pushed"))?;
        let (mut params, nonce) = self.signed_params(now)?;
        params.push(("openid", xml::from_user(payload).to_owned()));
        let message = xml::message(&elements);
        let mut body = message.clone();
        if self.callback.mode != PushMode::Plain {
            let (sealed, signature) = self.seal(&message, now, &nonce)?;
            params.extend([("encrypt_type", "aes".to_owned()), ("msg_signature", signature)]);
            let sealed = xml::text_element("Encrypt", &sealed);
            let kept = if self.callback.mode == PushMode::Safe { &elements[..1] } else { &elements[..] };
            body = xml::message(&[kept, &[sealed]].concat());
        }
        let headers = vec![
            ("content-type", "text/xml".to_owned()),
            ("x-kaquan-event-id", self.event_id(&payload.event)),
        ];
        Ok(WebhookRequest { url: with_params(&self.callback.url, &params), headers, body })
    }

    /// The parameters `signature`, `timestamp` and `nonce`, and the nonce by itself.
    ///
    /// # Errors
    ///
    /// -1 if the system returns no random bytes.
    pub fn signed_params(&self, now: Timestamp) -> Result<(Vec<(&'static str, String)>, String)> {
        let nonce = u64::from_le_bytes(random()?).to_string();
        let timestamp = now.0.to_string();
        let signature = crypt::signature(&[&self.callback.token, &timestamp, &nonce]);
        let params = vec![("signature", signature), ("timestamp", timestamp), ("nonce", nonce.clone())];
        Ok((params, nonce))
    }

    fn seal(&self, message: &str, now: Timestamp, nonce: &str) -> Result<(String, String)> {
        let key = crypt::aes_key(&self.callback.aes_key)
            .ok_or_else(|| Error::internal("a callback's encoding_aes_key is unusable"))?;
        let sealed = crypt::encrypt(&key, &letters()?, message, &self.appid)?;
        let signature = crypt::signature(&[&self.callback.token, &now.0.to_string(), nonce, &sealed]);
        Ok((sealed, signature))
    }
}

/// Sixteen random letters and digits.
fn letters() -> Result<[u8; 16]> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789AB";
    Ok(random::<16>()?.map(|byte| LETTERS[usize::from(byte) % LETTERS.len()]))
}
