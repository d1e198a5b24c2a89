//! The response of a call: HTTP 200 with compact JSON on one line, `errcode` first. Each handler has a struct for its
//! reply, which is serialized directly to bytes. WeChat manual: "全局返回码说明" (global return codes).

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Response, StatusCode};
use kaquan_core::error::{Detail, ErrCode, Error, Result};
use serde::Serialize;

/// The content type of JSON. WeChat writes `encoding` where others write `charset`; clients only check the beginning.
pub const JSON: &str = "application/json; encoding=utf-8";
/// The beginning of every success. A few paths reply without `errcode`.
const SUCCESS: &[u8] = br#"{"errcode":0,"errmsg":"ok""#;
/// Bytes of the request that an error 47001 shows after a forbidden key.
const REST_MAX: usize = 128;

/// The response of a successful call.
#[derive(Debug)]
pub enum Answer {
    /// A serialized JSON object.
    Json(Vec<u8>),
    /// A file with its content type.
    File(&'static str, Vec<u8>),
    /// A file for the caller alone: its content type, its name, and its content.
    Attachment { kind: &'static str, name: String, bytes: Vec<u8> },
    /// A body with its content type, sent piece by piece.
    Stream(&'static str, Body),
    /// The unchanged answer of the original host.
    Passed(Box<Response<Body>>),
    /// HTTP 404 with an empty body: a picture that does not exist.
    NotFound,
}

impl Answer {
    /// A success with `errcode` 0 and no members.
    pub fn ok() -> Answer {
        Answer::Json([SUCCESS, b"}"].concat())
    }

    /// A success with `errcode` 0 and the members of this reply.
    ///
    /// # Errors
    ///
    /// -1 if the reply does not serialize to a JSON object, which is a bug.
    pub fn with(reply: &impl Serialize) -> Result<Answer> {
        let mut bytes = SUCCESS.to_vec();
        write(&mut bytes, reply)?;
        match bytes.get(SUCCESS.len()..) {
            Some(b"{}") => return Ok(Answer::ok()),
            Some([b'{', ..]) => bytes[SUCCESS.len()] = b',',
            _ => return Err(Error::internal("a reply is not an object")),
        }
        Ok(Answer::Json(bytes))
    }

    /// A success with the members of this reply, without `errcode`: tokens and reports have none.
    ///
    /// # Errors
    ///
    /// -1 if the reply cannot be serialized, which is a bug.
    pub fn bare(reply: &impl Serialize) -> Result<Answer> {
        let mut bytes = Vec::new();
        write(&mut bytes, reply)?;
        Ok(Answer::Json(bytes))
    }

    pub fn into_response(self) -> Response<Body> {
        match self {
            Answer::Json(bytes) => response(JSON, bytes),
            Answer::File(kind, bytes) => response(kind, bytes),
            Answer::Attachment { kind, name, bytes } => {
                let mut response = response(kind, bytes);
                let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
                // Names are random text of this server, so they fit into a header.
                if let Ok(disposition) = disposition {
                    response.headers_mut().insert(CONTENT_DISPOSITION, disposition);
                }
                let nosniff = HeaderValue::from_static("nosniff");
                response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, nosniff);
                response
            }
            Answer::Stream(kind, body) => {
                let mut response = Response::new(body);
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
                response
            }
            Answer::Passed(response) => *response,
            Answer::NotFound => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        }
    }
}

/// On this path, clients distinguish a file from JSON by the content type. Some compare the whole header.
const DOWNLOADS: &str = "/cgi-bin/media/get";

/// On the path `DOWNLOADS`, changes the content type of JSON to `application/json` without parameters.
pub fn for_downloads(path: &str, mut response: Response<Body>) -> Response<Body> {
    if path == DOWNLOADS && response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == JSON) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}

/// The reply to a refused call.
#[derive(Debug, Serialize)]
pub struct Refusal {
    /// The return code from WeChat's table.
    pub errcode: i32,
    /// WeChat's text with a hint, then the field and the reason.
    pub errmsg: String,
}

/// The HTTP response of a refusal with this id. An error 47001 ends with a part of `request`, the text of the request.
pub fn refusal(error: &Error, request: &str, id: &str) -> Response<Body> {
    let refusal = Refusal { errcode: error.code.number(), errmsg: errmsg(error, request, id) };
    // A number and a text can always be serialized.
    response(JSON, serde_json::to_vec(&refusal).unwrap_or_default())
}

fn write(bytes: &mut Vec<u8>, reply: &impl Serialize) -> Result<()> {
    serde_json::to_writer(bytes, reply)
        .map_err(|error| Error::internal(format!("a reply cannot be written: {error}")))
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
        Detail::None | Detail::Changed | Detail::Internal(_) | Detail::Logged(_) => hint,
        Detail::Field { field, reason } => format!("{hint} {field}: {reason}"),
        Detail::Missing(accessor) => format!("{hint} {accessor}"),
        Detail::Key { path, reason } => {
            let path_text = path.join(".");
            match rest_after(request, path) {
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
            | ErrCode::AccessTokenMissing
            | ErrCode::AccessTokenExpired
            | ErrCode::InvalidAppsecret
            | ErrCode::InvalidAppid
            | ErrCode::AppidMissing
            | ErrCode::AppsecretMissing
            | ErrCode::InvalidGrantType
    )
}

/// The text of the request after the name of the forbidden key, as WeChat's strict parser shows it. `path` has the
/// keys from the outermost one to the forbidden one.
fn rest_after<'a>(request: &'a str, path: &[String]) -> Option<&'a str> {
    let mut from = 0;
    for key in path {
        let quoted = format!("\"{key}\"");
        let mut search = from;
        loop {
            let at = search + request.get(search..)?.find(&quoted)?;
            let end = at + quoted.len();
            if request[end..].trim_start().starts_with(':') {
                from = end - 1;
                break;
            }
            search = end;
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
    fn the_members_of_a_reply_come_after_the_errcode() {
        #[derive(Serialize)]
        struct Reply {
            #[serde(skip_serializing_if = "Option::is_none")]
            card_id: Option<&'static str>,
        }
        let text = |answer: Answer| match answer {
            Answer::Json(bytes) => String::from_utf8(bytes).unwrap(),
            other => format!("{other:?}"),
        };
        let with = |card_id| text(Answer::with(&Reply { card_id }).unwrap());
        assert_eq!(with(Some("p")), r#"{"errcode":0,"errmsg":"ok","card_id":"p"}"#);
        assert_eq!(with(None), text(Answer::ok()));
        assert_eq!(text(Answer::bare(&Reply { card_id: Some("p") }).unwrap()), r#"{"card_id":"p"}"#);
        assert!(Answer::with(&[1]).is_err());
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
        let rest = rest_after(&request, &["a".to_owned()]).unwrap();
        assert!(rest.len() <= REST_MAX && rest.ends_with('字'));
    }

    #[test]
    fn details_for_the_log_stay_out_of_the_answer() {
        assert_eq!(errmsg(&Error::internal("disk on fire"), "", "id"), "system error hint: [id]");
    }
}
