//! The services of a store: the fields that can be changed after it was added.

use crate::card::Object;
use crate::card::PICTURE_MAX;
use crate::error::{ErrCode, Error, Result};
use crate::value::{filled, is_web_address, text, whole_number};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Bytes a telephone number may have.
const TELEPHONE_MAX: usize = 32;
/// Photos a store may have.
const PHOTOS_MAX: usize = 20;
/// Bytes the address of a photo may have.
/// Characters of `recommend`.
const RECOMMEND_MAX: usize = 200;
/// Characters of `special`.
const SPECIAL_MAX: usize = 200;
/// Characters of `introduction`.
const INTRODUCTION_MAX: usize = 300;
/// Characters of `open_time`.
const OPEN_TIME_MAX: usize = 64;
/// Largest average price.
const PRICE_MAX: i64 = 100_000_000;

/// The services of a store. Texts and lists that were never given are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Service {
    /// Digits and `-`.
    pub telephone: String,
    /// Addresses of pictures.
    pub photo_list: Vec<String>,
    /// Recommendations.
    pub recommend: String,
    /// Special services.
    pub special: String,
    /// About the store.
    pub introduction: String,
    /// Hours, such as `8:00-20:00`.
    pub open_time: String,
    /// Average price per head.
    pub avg_price: Option<i64>,
}

impl Service {
    /// Lays what `base_info` gives over what there is; what is absent, `null` or `""` stays as it is. `photo_list` is
    /// replaced as a whole, and an average price of 0 is one that is not given.
    ///
    /// # Errors
    ///
    /// Field by field, in this order: 65111 `telephone`; 65114 `photo_list` is given and empty; 65105 a photo without
    /// an address on the web; 45021 a text that is too long, or too many photos; 40097 `avg_price` below 0; 47001 a
    /// value of the wrong JSON type.
    pub fn lay_over(&mut self, base_info: &Object) -> Result<()> {
        if let Some(number) = telephone(base_info)? {
            self.telephone = number;
        }
        if let Some(list) = filled(base_info, "photo_list") {
            self.photo_list = photos(list)?;
        }
        for (key, max, target) in [
            ("recommend", RECOMMEND_MAX, &mut self.recommend),
            ("special", SPECIAL_MAX, &mut self.special),
            ("introduction", INTRODUCTION_MAX, &mut self.introduction),
            ("open_time", OPEN_TIME_MAX, &mut self.open_time),
        ] {
            if let Some(given) = text_up_to(base_info, key, max)? {
                *target = given;
            }
        }
        match whole_number(base_info, "avg_price")? {
            None | Some(0) => {}
            Some(price @ 1..=PRICE_MAX) => self.avg_price = Some(price),
            Some(_) => {
                return Err(Error::field(ErrCode::InvalidArgs, "avg_price", "must be a number above 0"));
            }
        }
        Ok(())
    }
}

/// A text of at most so many characters, where it may be left out.
///
/// # Errors
///
/// 45021, 47001.
pub(super) fn text_up_to(base_info: &Object, key: &str, max: usize) -> Result<Option<String>> {
    match text(base_info, key)? {
        Some(text) if text.chars().count() > max => {
            let reason = format!("{} characters, at most {max}", text.chars().count());
            Err(Error::field(ErrCode::OutOfLengthLimit, key, reason))
        }
        text => Ok(text),
    }
}

fn telephone(base_info: &Object) -> Result<Option<String>> {
    let bad = |reason: String| Error::field(ErrCode::InvalidTelephone, "telephone", reason);
    match text(base_info, "telephone")? {
        Some(text) if text.len() > TELEPHONE_MAX => {
            Err(bad(format!("{} bytes, at most {TELEPHONE_MAX}", text.len())))
        }
        Some(text)
            if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
                || !text.bytes().any(|byte| byte.is_ascii_digit()) =>
        {
            Err(bad("must be digits, with - between them".to_owned()))
        }
        text => Ok(text),
    }
}

fn photos(list: &Value) -> Result<Vec<String>> {
    const PATH: &str = "photo_list";
    let list =
        list.as_array().ok_or_else(|| Error::field(ErrCode::DataFormat, PATH, "must be a list of photos"))?;
    if list.is_empty() {
        return Err(Error::field(ErrCode::PhotoListEmpty, PATH, "has no photo"));
    }
    if list.len() > PHOTOS_MAX {
        let reason = format!("{} photos, at most {PHOTOS_MAX}", list.len());
        return Err(Error::field(ErrCode::OutOfLengthLimit, PATH, reason));
    }
    let bad = |reason: &str| Error::field(ErrCode::InvalidPhotoUrl, "photo_list.photo_url", reason);
    let address = |photo: &Value| match photo.get("photo_url").and_then(Value::as_str) {
        Some(url) if url.len() > PICTURE_MAX => Err(bad("is too long")),
        Some(url) if is_web_address(url) => Ok(url.to_owned()),
        Some(_) => Err(bad("must be an address that begins with http:// or https://")),
        None => Err(bad("must be text")),
    };
    list.iter().map(address).collect()
}
