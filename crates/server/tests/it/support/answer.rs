//! The form of a refusal: WeChat's text for the number, WeChat's hint, then the field and the reason. Checked on every
//! refusal a test provokes, so that no call can answer in a form of its own.

use super::Value;
use kaquan_core::error::ErrCode;

/// Errcodes of tokens and credentials. Their hints have another form.
const TOKEN_CODES: &[i32] = &[40001, 40002, 40013, 40125, 41001, 41002, 41004, 42001];

/// The errcode that a test expects, as a name or as a number.
pub trait Errcode {
    /// The number on the wire.
    fn expected(self) -> i32;
}

impl Errcode for ErrCode {
    fn expected(self) -> i32 {
        self.number()
    }
}

impl Errcode for i32 {
    fn expected(self) -> i32 {
        self
    }
}

/// Checks the form of a refusal and returns the text after the hint.
pub fn tail(reply: &Value) -> String {
    let object = reply.as_object().expect("a reply is an object");
    assert_eq!(object.keys().collect::<Vec<_>>(), ["errcode", "errmsg"], "{reply}");
    let number = reply["errcode"].as_i64().expect("errcode is a number") as i32;
    let errmsg = reply["errmsg"].as_str().expect("errmsg is text");
    let code = ErrCode::ALL.iter().find(|code| code.number() == number).expect("a known errcode");
    let rest = errmsg.strip_prefix(code.text()).unwrap_or_else(|| panic!("{reply} lacks WeChat's text"));
    let (before, after) = match TOKEN_CODES.contains(&number) {
        true => (", hints: [ req_id: ", " ]"),
        false => (" hint: [", "]"),
    };
    let rest = rest.strip_prefix(before).unwrap_or_else(|| panic!("{reply} has no hint"));
    let (id, tail) = rest.split_once(after).unwrap_or_else(|| panic!("{reply} has no hint"));
    let is_id = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    assert!((11..=14).contains(&id.len()) && id.chars().all(is_id), "{reply}: {id:?} is no hint");
    tail.strip_prefix(' ').unwrap_or(tail).to_owned()
}
