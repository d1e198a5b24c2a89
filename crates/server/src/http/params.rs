//! Reads the members of a request's body: identifiers, numbers and flags, in every form that clients send. A
//! missing or malformed member has the errcode of WeChat's table.

use kaquan_core::card::Object;
use kaquan_core::code::{CodeCipher, CodeRef};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{CardId, CodeText, OPENID_MAX, OpenId};
use kaquan_core::poi::{Place, Staff};
use kaquan_core::time::Timestamp;
use kaquan_core::value::{self, control_char, flag, ident};
use serde_json::Value;

/// The longest card id, in bytes.
const CARD_ID_MAX: usize = 32;
/// The longest code in a request, in bytes. No issued code is longer.
const CODE_TEXT_MAX: usize = 64;

/// The members of a request's body.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a>(pub &'a Object);

impl<'a> Params<'a> {
    /// The value of a member; `None` if it is missing, `null` or `""`.
    pub fn value(self, key: &str) -> Option<&'a Value> {
        value::filled(self.0, key)
    }

    fn ident(self, key: &str) -> Result<Option<String>> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => ident(value).map(Some).ok_or_else(|| wrong(key, "text")),
        }
    }

    /// `card_id`; 41012 if it is missing.
    pub fn card_id(self) -> Result<CardId> {
        self.optional_card_id()?.ok_or_else(|| ErrCode::CardIdMissing.into())
    }

    /// An optional `card_id`; 40073 for a text that cannot be a card id. White space around it is ignored, because
    /// samples of the manual have some.
    pub fn optional_card_id(self) -> Result<Option<CardId>> {
        let id = self.ident("card_id")?;
        match id.as_deref().map(str::trim) {
            None | Some("") => Ok(None),
            Some(id) if id.len() > CARD_ID_MAX => {
                Err(Error::field(ErrCode::InvalidCardId, "card_id", format!("more than {CARD_ID_MAX} bytes")))
            }
            Some(id) => Ok(Some(id.into())),
        }
    }

    /// `code` with its `card_id`; 41013 if `code` is missing, 40110 if it is only white space.
    pub fn code(self, cipher: &CodeCipher) -> Result<CodeRef> {
        Ok(CodeRef::new(cipher, self.required_code()?, self.optional_card_id()?))
    }

    /// As [`Params::code`], where a dynamic code that was made less than `max_secs` before `now` may stand for the
    /// code.
    pub fn code_or_dynamic(self, cipher: &CodeCipher, now: Timestamp, max_secs: i64) -> Result<CodeRef> {
        let (text, card_id) = (self.required_code()?, self.optional_card_id()?);
        Ok(CodeRef::with_dynamic(cipher, text, card_id, now, max_secs))
    }

    fn required_code(self) -> Result<CodeText> {
        let text = self.code_text("code")?.ok_or(ErrCode::CodeMissing)?;
        match text.as_str().len() > CODE_TEXT_MAX {
            true => Err(Error::field(ErrCode::InvalidSerialCode, "code", "is longer than any code")),
            false => Ok(text),
        }
    }

    /// An optional code under any key; 40110 if it is only white space.
    pub fn code_text(self, key: &str) -> Result<Option<CodeText>> {
        self.value(key).map(|value| code_text(key, value)).transpose()
    }

    /// `openid`; 41009 if it is missing.
    pub fn openid(self) -> Result<OpenId> {
        self.optional_openid("openid")?.ok_or_else(|| ErrCode::OpenidMissing.into())
    }

    /// An optional openid under any key; 40003 for a text that cannot be an openid.
    pub fn optional_openid(self, key: &str) -> Result<Option<OpenId>> {
        match self.ident(key)? {
            None => Ok(None),
            Some(id)
                if id.len() > OPENID_MAX
                    || control_char(&id).is_some()
                    || id.contains(char::is_whitespace) =>
            {
                Err(Error::field(
                    ErrCode::InvalidOpenid,
                    key,
                    format!("not an openid of at most {OPENID_MAX} bytes"),
                ))
            }
            Some(id) => Ok(Some(OpenId::from(id))),
        }
    }

    /// The store and the staff: `location_id`, or `poi_id` if it is missing, and `staff_openid`. Store 0 is ignored.
    pub fn place(self) -> Result<Place> {
        let store = |key: &str| Ok::<_, Error>(self.int(key)?.filter(|location_id| *location_id != 0));
        let location_id = match store("location_id")? {
            None => store("poi_id")?,
            given => given,
        };
        Ok(Place { location_id, staff: self.optional_openid("staff_openid")?.map(Staff::Openid) })
    }

    /// An optional text. A number without quotes is accepted as text.
    pub fn text(self, key: &str) -> Result<Option<String>> {
        value::text(self.0, key)
    }

    /// An optional text of at most `max` bytes; 45021 for a longer one.
    pub fn text_up_to(self, key: &str, max: usize) -> Result<Option<String>> {
        match self.text(key)? {
            Some(text) if text.len() > max => {
                let reason = format!("{} bytes, at most {max}", text.len());
                Err(Error::field(ErrCode::OutOfLengthLimit, key, reason))
            }
            text => Ok(text),
        }
    }

    /// An optional whole number.
    pub fn int(self, key: &str) -> Result<Option<i64>> {
        value::whole_number(self.0, key)
    }

    /// An optional flag.
    pub fn flag(self, key: &str) -> Result<Option<bool>> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => flag(value).map(Some).ok_or_else(|| wrong(key, "true or false")),
        }
    }

    /// An object; 41011 if it is missing. `[]` counts as missing.
    pub fn object(self, key: &str) -> Result<&'a Object> {
        self.optional_object(key)?.ok_or_else(|| Error::missing(key))
    }

    /// An optional object. `[]` counts as missing, because PHP writes an empty object as `[]`.
    pub fn optional_object(self, key: &str) -> Result<Option<&'a Object>> {
        value::object(self.0, key)
    }
}

/// A code: a text, or a number without quotes. White space around it is ignored.
///
/// # Errors
///
/// 40110 if it is only white space; 47001 if it has a control character or is no text.
pub fn code_text(key: &str, value: &Value) -> Result<CodeText> {
    let text = list_code(key, value)?;
    text.check_characters(key)?;
    Ok(text)
}

/// A code in a list, as [`code_text`]. An empty code is accepted here: the operation refuses it, in its own order of
/// checks.
///
/// # Errors
///
/// 47001 for a value that is no text.
pub fn list_code(key: &str, value: &Value) -> Result<CodeText> {
    Ok(ident(value).ok_or_else(|| wrong(key, "text"))?.into())
}

fn wrong(key: &str, expected: &str) -> Error {
    Error::field(ErrCode::DataFormat, key, format!("must be {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn code(value: Value, read: impl Fn(Params<'_>) -> Result<()>) -> Option<ErrCode> {
        read(Params(value.as_object().unwrap())).err().map(|error| error.code)
    }

    #[test]
    fn a_missing_identifier_has_its_own_errcode() {
        for absent in
            [json!({}), json!({"card_id": null, "openid": null}), json!({"card_id": " ", "openid": ""})]
        {
            assert_eq!(code(absent.clone(), |p| p.card_id().map(drop)), Some(ErrCode::CardIdMissing));
            assert_eq!(code(absent, |p| p.openid().map(drop)), Some(ErrCode::OpenidMissing));
        }
    }

    #[test]
    fn invalid_identifiers_are_refused() {
        assert_eq!(
            code(json!({"openid": "o".repeat(65)}), |p| p.openid().map(drop)),
            Some(ErrCode::InvalidOpenid)
        );
        assert_eq!(code(json!({"openid": "o p"}), |p| p.openid().map(drop)), Some(ErrCode::InvalidOpenid));
        assert_eq!(
            code(json!({"card_id": "p".repeat(33)}), |p| p.card_id().map(drop)),
            Some(ErrCode::InvalidCardId)
        );
        assert_eq!(code(json!({"card_id": [1]}), |p| p.card_id().map(drop)), Some(ErrCode::DataFormat));
    }
}
