//! Replies: always HTTP 200, compact JSON on one line, `errcode` first.
//! WeChat manual: "全局返回码说明" (global return codes).

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};
use kaquan_core::card::Object;
use kaquan_core::error::{Detail, ErrCode, Error};
use serde_json::{Value, json};

/// How much of the request is shown behind a key that may not stand where it stands, in bytes.
const REST_MAX: usize = 128;

/// A success.
#[derive(Debug)]
pub enum Answer {
    /// `errcode` 0 and `ok`, then these members: every `/card` call.
    Ok(Object),
    /// Just this: tokens and reports.
    Bare(Value),
    /// A file of this content type.
    File(&'static str, Vec<u8>),
    /// A body of this content type that is sent piece by piece.
    Stream(&'static str, Body),
    /// HTTP 404 without a body: a picture that does not exist.
    NotFound,
}

impl Answer {
    /// `errcode` 0 and nothing else.
    pub fn ok() -> Answer {
        Answer::Ok(Object::new())
    }

    /// `errcode` 0 and the members of this object.
    pub fn with(value: Value) -> Answer {
        match value {
            Value::Object(object) => Answer::Ok(object),
            other => Answer::Bare(other),
        }
    }

    pub fn into_response(self) -> Response<Body> {
        match self {
            Answer::Ok(payload) => {
                let mut object = Object::with_capacity(payload.len() + 2);
                object.insert("errcode".to_owned(), 0.into());
                object.insert("errmsg".to_owned(), "ok".into());
                object.extend(payload);
                json_response(&Value::Object(object))
            }
            Answer::Bare(value) => json_response(&value),
            Answer::File(kind, bytes) => response(kind, bytes),
            Answer::Stream(kind, body) => {
                let mut response = Response::new(body);
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
                response
            }
            Answer::NotFound => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        }
    }
}

/// The HTTP response of a refusal with this id; `request` is the text of the request, for the tail of 47001.
pub fn refusal(error: &Error, request: &str, id: &str) -> Response<Body> {
    json_response(&json!({"errcode": error.code.number(), "errmsg": errmsg(error, request, id)}))
}

fn json_response(value: &Value) -> Response<Body> {
    // WeChat writes `encoding` where others write `charset`; clients only look at the start.
    response("application/json; encoding=utf-8", value.to_string())
}

fn response(kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// WeChat's text, its hint, then the field and the reason.
fn errmsg(error: &Error, request: &str, id: &str) -> String {
    let text = error.code.text();
    let hint = match is_token_error(error.code) {
        true => format!("{text}, hints: [ req_id: {id} ]"),
        false => format!("{text} hint: [{id}]"),
    };
    match &error.detail {
        Detail::None | Detail::Changed | Detail::Internal(_) => hint,
        Detail::Field { field, reason } => format!("{hint} {field}: {reason}"),
        Detail::Missing(accessor) => format!("{hint} {accessor}"),
        Detail::Key { path, reason } => {
            let path_text = path.join(".");
            match rest_behind(request, path) {
                Some(rest) => format!("{hint} {path_text}: {reason}. Error before {rest}"),
                None => format!("{hint} {path_text}: {reason}"),
            }
        }
    }
}

const fn is_token_error(code: ErrCode) -> bool {
    matches!(
        code,
        ErrCode::InvalidCredential
            | ErrCode::InvalidAccessToken
            | ErrCode::AccessTokenMissing
            | ErrCode::AccessTokenExpired
            | ErrCode::InvalidAppsecret
            | ErrCode::InvalidAppid
            | ErrCode::AppidMissing
            | ErrCode::AppsecretMissing
            | ErrCode::InvalidGrantType
    )
}

/// The request's text from just behind the key's name, as WeChat's strict parser shows it. The key is looked for
/// behind each of the keys it stands under, in their order.
fn rest_behind<'a>(request: &'a str, path: &[String]) -> Option<&'a str> {
    let mut from = 0;
    for key in path {
        let quoted = format!("\"{key}\"");
        let mut search = from;
        loop {
            let at = search + request.get(search..)?.find(&quoted)?;
            let behind = at + quoted.len();
            if request[behind..].trim_start().starts_with(':') {
                from = behind - 1;
                break;
            }
            search = behind;
        }
    }
    let rest = &request[from..];
    let end = (0..=rest.len().min(REST_MAX)).rev().find(|end| rest.is_char_boundary(*end))?;
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_wechats_form_and_names_field_and_reason() {
        let error = Error::field(ErrCode::OutOfLengthLimit, "base_info.title", "30 bytes, at most 27");
        assert_eq!(
            errmsg(&error, "", "id"),
            "some argument may be out of length limit! please check document and request json! hint: [id] \
             base_info.title: 30 bytes, at most 27"
        );
        let missing = Error::missing("m_data.base_info().title");
        assert!(errmsg(&missing, "", "id").ends_with("hint: [id] m_data.base_info().title"));
        assert_eq!(
            errmsg(&ErrCode::AccessTokenMissing.into(), "", "id"),
            "access_token missing, hints: [ req_id: id ]"
        );
    }

    #[test]
    fn a_forbidden_key_shows_the_rest_of_the_request() {
        let request = r#"{"card_id":"brand_name","groupon":{"base_info":{"brand_name":"新","notice":"x"}}}"#;
        let error = Error::key(&["groupon", "base_info", "brand_name"], "cannot be changed by an update");
        assert!(errmsg(&error, request, "id").ends_with(r#". Error before ":"新","notice":"x"}}}"#));
    }

    #[test]
    fn the_rest_of_a_request_is_cut_between_characters() {
        let request = format!(r#"{{"a":"{}"}}"#, "字".repeat(100));
        let rest = rest_behind(&request, &["a".to_owned()]).unwrap();
        assert!(rest.len() <= REST_MAX && rest.ends_with('字'));
    }

    #[test]
    fn details_for_the_log_stay_out_of_the_answer() {
        assert_eq!(errmsg(&Error::internal("disk on fire"), "", "id"), "system error hint: [id]");
    }
}
