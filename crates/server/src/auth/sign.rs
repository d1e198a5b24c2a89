//! Signatures of cards and pages: SHA-1 over a ticket and values, which are sorted and joined. Also kaquan's own
//! signature of a `cardExt`, which covers the names too. WeChat manual: "附录：JS-SDK 使用权限签名算法" (signatures of the
//! JS-SDK).

use super::card_ext_reading::is_stamp;
use super::native_sign;
use super::ticket::{self, TicketKind};
use super::token_text::mac;
use crate::encoding::hex;
use crate::http::params::Params;
use hmac::Mac;
use kaquan_core::error::Result;
use kaquan_core::time::Timestamp;
use sha1::{Digest, Sha1};

/// The longest value in a card's signature, in bytes. No allowed value is longer, and hashing so little is cheaper
/// than a task on another thread.
pub const VALUE_MAX: usize = 512;
/// The longest URL of a page, in bytes.
pub const URL_MAX: usize = 4096;

/// The kind of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// The `cardExt` of addCard.
    CardExt,
    /// The `cardExt` of addCard with kaquan's own signature, which covers the names of its values.
    NativeCardExt,
    /// The parameters of chooseCard.
    ChooseCard,
    /// `wx.config` of a page.
    Jsapi,
}

impl Signed {
    /// The name in requests and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Signed::CardExt => "card_ext",
            Signed::NativeCardExt => "native_card_ext",
            Signed::ChooseCard => "choose_card",
            Signed::Jsapi => "jsapi",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Signed> {
        [Signed::CardExt, Signed::NativeCardExt, Signed::ChooseCard, Signed::Jsapi]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    /// The values that are signed together with the ticket, in the order of the manual.
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Signed::CardExt => &["timestamp", "card_id", "code", "openid", "nonce_str", "balance"],
            Signed::NativeCardExt => &native_sign::FIELDS,
            Signed::ChooseCard => {
                &["app_id", "location_id", "timestamp", "nonce_str", "card_id", "card_type"]
            }
            Signed::Jsapi => &["noncestr", "timestamp", "url"],
        }
    }

    /// The longest allowed value, in bytes.
    pub const fn value_max(self) -> usize {
        match self {
            Signed::CardExt | Signed::NativeCardExt | Signed::ChooseCard => VALUE_MAX,
            Signed::Jsapi => URL_MAX,
        }
    }

    /// The kind of ticket for this signature.
    pub const fn ticket(self) -> TicketKind {
        match self {
            Signed::CardExt | Signed::NativeCardExt | Signed::ChooseCard => TicketKind::WxCard,
            Signed::Jsapi => TicketKind::Jsapi,
        }
    }
}

/// The longest signature, in characters: an HMAC-SHA256 in hexadecimal.
const SIGNATURE_MAX: usize = 64;

/// The values of a request, in the order of [`Signed::fields`]. A missing value is empty.
pub type Values = Vec<String>;

/// The names that clients use for a value. The manual's name comes first.
pub const fn names(field: &str) -> &[&str] {
    match field.as_bytes() {
        b"appid" => &["appid", "app_id", "appId"],
        b"app_id" => &["app_id", "appid", "appId"],
        b"location_id" => &["location_id", "shop_id", "shopId"],
        b"timestamp" => &["timestamp", "time_stamp", "timeStamp"],
        b"nonce_str" | b"noncestr" => &["nonce_str", "noncestr", "nonceStr"],
        b"card_id" => &["card_id", "cardId"],
        b"card_type" => &["card_type", "cardType"],
        b"code" => &["code"],
        b"openid" => &["openid"],
        b"balance" => &["balance"],
        b"outer_id" => &["outer_id"],
        b"outer_str" => &["outer_str"],
        b"fixed_begintimestamp" => &["fixed_begintimestamp"],
        _ => &["url"],
    }
}

/// A value of a request under any of its names; empty if it is missing.
///
/// # Errors
///
/// 47001 if the value is no text.
pub fn value(field: &str, params: Params<'_>) -> Result<String> {
    let given = names(field).iter().copied().find(|name| params.value(name).is_some());
    Ok(given.map(|name| params.text(name)).transpose()?.flatten().unwrap_or_default())
}

/// The signed values of a request.
///
/// # Errors
///
/// 47001 if a value is no text.
pub fn values(kind: Signed, params: Params<'_>) -> Result<Values> {
    kind.fields().iter().map(|field| value(field, params)).collect()
}

/// The text to be hashed.
pub fn signed_text(kind: Signed, ticket: &str, values: &Values) -> String {
    match kind {
        Signed::CardExt | Signed::ChooseCard => sorted(ticket, values).concat(),
        Signed::NativeCardExt => native_sign::lines(values).join("\n"),
        Signed::Jsapi => {
            let [noncestr, timestamp, url] =
                [0, 1, 2].map(|at| values.get(at).map(String::as_str).unwrap_or_default());
            let page = url.split('#').next().unwrap_or_default();
            format!("jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={page}")
        }
    }
}

/// The ticket and the values, sorted by their bytes, without the empty ones.
pub(super) fn sorted<'a>(ticket: &'a str, values: &'a Values) -> Vec<&'a str> {
    let mut all: Vec<&str> = values.iter().map(String::as_str).chain([ticket]).collect();
    all.retain(|value| !value.is_empty());
    all.sort_unstable();
    all
}

/// The signature, in lower-case hexadecimal.
pub fn signature(kind: Signed, ticket: &str, values: &Values) -> String {
    let text = signed_text(kind, ticket, values);
    match kind {
        Signed::NativeCardExt => native_sign::signature(ticket, &text),
        Signed::CardExt | Signed::ChooseCard | Signed::Jsapi => sha1(&text),
    }
}

pub(super) fn sha1(text: &str) -> String {
    hex(&Sha1::digest(text.as_bytes()))
}

/// Whether the signature matches one of the app's tickets that are valid at `now`.
pub fn is_right(key: &[u8; 32], kind: Signed, values: &Values, given: &str, now: Timestamp) -> bool {
    matching_ticket(key, kind, values, given, now).is_some()
}

/// The ticket of this signature, among the app's tickets that are valid at `now`. Values that are too long are not
/// hashed; their signatures are wrong.
pub fn matching_ticket(
    key: &[u8; 32],
    kind: Signed,
    values: &Values,
    given: &str,
    now: Timestamp,
) -> Option<String> {
    let stamps = kind.fields().iter().zip(values).filter(|(field, _)| **field == "timestamp");
    let is_stamped = kind == Signed::Jsapi || stamps.into_iter().all(|(_, stamp)| is_stamp(stamp));
    let is_long = values.iter().any(|value| value.len() > kind.value_max()) || given.len() > SIGNATURE_MAX;
    if !is_stamped || is_long || given.is_empty() {
        return None;
    }
    let is_made_with = |ticket: &String| is_same(key, &signature(kind, ticket, values), given);
    ticket::valid(key, kind.ticket(), now).into_iter().find(is_made_with)
}

/// Whether two texts are equal. The time of the comparison does not reveal where they differ.
fn is_same(key: &[u8; 32], known: &str, given: &str) -> bool {
    mac(key, known.as_bytes()).verify_slice(&mac(key, given.as_bytes()).finalize().into_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TICKET: &str = "ojZ8YtyVyr30HheH3CM73y7h4jJE";

    fn values(texts: &[&str]) -> Values {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn card_ext() -> Values {
        values(&["1404896688", "pjZ8Yt1XGILfi-FUsewpnnolGgZk", "1434008071", "", "123", ""])
    }

    #[test]
    fn the_published_values_make_the_published_signatures() {
        assert_eq!(
            signed_text(Signed::CardExt, TICKET, &card_ext()),
            "12314048966881434008071ojZ8YtyVyr30HheH3CM73y7h4jJEpjZ8Yt1XGILfi-FUsewpnnolGgZk"
        );
        let signed = signature(Signed::CardExt, TICKET, &card_ext());
        assert_eq!(signed, "f137ab68b7f8112d20ee528ab6074564e2796250");
        let choose = values(&[
            "wxb11529c136998cb6",
            "",
            "1404896688",
            "123",
            "pjZ8Yt1XGILfi-FUsewpnnolGgZk",
            "GROUPON",
        ]);
        let signed = signature(Signed::ChooseCard, TICKET, &choose);
        assert_eq!(signed, "f0d727cd13e96f891f160066f03bf4b79442e752");
        let ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg";
        let page = values(&["Wm3WZYTPz0wzccnW", "1414587457", "http://mp.weixin.qq.com?params=value#part"]);
        assert_eq!(signature(Signed::Jsapi, ticket, &page), "0f9de62fce790f9a083d5c99e95740ceb90c27ed");
    }

    #[test]
    fn a_signature_is_right_with_a_good_ticket_and_a_timestamp_that_is_one() {
        let (key, now) = ([1; 32], Timestamp(7_200));
        let right = |stamp: &str| {
            let mut values = card_ext();
            stamp.clone_into(&mut values[0]);
            let signed =
                signature(Signed::CardExt, &ticket::valid(&key, TicketKind::WxCard, now)[0], &values);
            let is_right = |given: &str, now| is_right(&key, Signed::CardExt, &values, given, now);
            assert!(
                !is_right(&signed.to_uppercase(), now) && !is_right(&signed[1..], now) && !is_right("", now)
            );
            assert!(!is_right(&signed, now.plus(7_200)));
            is_right(&signed, now)
        };
        assert!(right("1404896688"));
        for stamp in ["", "1404896688000", "140489668", "1404896688oA", " 1404896688", "+140489668"] {
            assert!(!right(stamp), "{stamp:?}");
        }
    }

    #[test]
    fn a_value_that_is_too_long_is_not_hashed() {
        let (key, now) = ([1; 32], Timestamp(7_200));
        for (length, right) in [(VALUE_MAX, true), (VALUE_MAX + 1, false)] {
            let mut values = card_ext();
            values[4] = "n".repeat(length);
            let signed =
                signature(Signed::CardExt, &ticket::valid(&key, TicketKind::WxCard, now)[0], &values);
            assert_eq!(is_right(&key, Signed::CardExt, &values, &signed, now), right, "{length}");
        }
    }

    #[test]
    fn values_are_read_by_every_name_clients_have_for_them() {
        let body = json!({"shopId": 12, "appId": "wx1", "timeStamp": 5, "nonceStr": "n", "card_id": "", "cardId": "p1"});
        let read = super::values(Signed::ChooseCard, Params(body.as_object().unwrap())).unwrap();
        assert_eq!(read, ["wx1", "12", "5", "n", "p1", ""]);
        let wrong = json!({"url": ["http://a"]});
        assert!(super::values(Signed::Jsapi, Params(wrong.as_object().unwrap())).is_err());
    }
}
