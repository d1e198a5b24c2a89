//! The services of a store: the fields that can be changed after the store was added.

use crate::card::Object;
use crate::card::PICTURE_MAX;
use crate::error::{ErrCode, Error, Result};
use crate::value::{filled, is_web_address, text, whole_number};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest phone number in bytes.
const TELEPHONE_MAX: usize = 32;
/// The largest number of photos of a store.
const PHOTOS_MAX: usize = 20;
/// The longest `recommend` in characters.
const RECOMMEND_MAX: usize = 200;
/// The longest `special` in characters.
const SPECIAL_MAX: usize = 200;
/// The longest `introduction` in characters.
const INTRODUCTION_MAX: usize = 300;
/// The longest `open_time` in characters.
const OPEN_TIME_MAX: usize = 64;
/// The largest average price in yuan.
const PRICE_MAX: i64 = 100_000_000;

/// The services of a store. Missing texts and lists are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Service {
    /// The phone number: digits and `-`.
    pub telephone: String,
    /// The URLs of pictures.
    pub photo_list: Vec<String>,
    /// Recommended products.
    pub recommend: String,
    /// Special services.
    pub special: String,
    /// A description of the store.
    pub introduction: String,
    /// Opening hours, such as `8:00-20:00`.
    pub open_time: String,
    /// The average price for one person, in yuan.
    pub avg_price: Option<i64>,
}

impl Service {
    /// Sets the values in `base_info`. A field that is missing, `null` or `""` is not changed. `photo_list` is
    /// replaced as a whole, and an average price of 0 counts as missing.
    ///
    /// # Errors
    ///
    /// Field by field, in this order: 65111 `telephone`; 65114 `photo_list` is an empty list; 65105 a photo without a
    /// URL; 45021 a text that is too long, or too many photos; 40097 `avg_price` below 0; 47001 a value of the wrong
    /// JSON type.
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

/// An optional text of at most `max` characters.
///
/// # Errors
///
/// 45021 the text is too long; 47001 it is no text.
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
