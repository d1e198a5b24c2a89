//! Checks a signature and explains the result. Integrators lose days to wrong signatures. So the answer shows the
//! string to sign, and which of the usual mistakes gives the signature that was sent. Used by `/kaquan/v1/sign/check`
//! and by `kaquan sign check`. WeChat manual: "附录：JS-SDK 使用权限签名算法" (signatures of the JS-SDK).

use super::card_ext_reading::{Reading, is_stamp};
use super::native_sign::{self, SIGN_TYPE};
use super::sign::{self, Signed, Values, sha1, signature, signed_text, sorted};
use super::ticket::{self, TicketKind};
use crate::http::params::Params;
use kaquan_core::card::Object;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Why a `cardExt` with a `balance` is refused.
pub const NO_BALANCE: &str = "balance is for red-packet cards, which kaquan does not have";
/// A signature to check, with the values that it should sign.
#[derive(Debug, Clone)]
pub struct Question {
    kind: Signed,
    values: Values,
    given: String,
    appid: String,
    /// Values in the request that are not signed.
    unsigned: Values,
    /// The faults that are found without computing hashes.
    notes: Vec<&'static str>,
}

impl Question {
    /// Reads `signature` and the other values. The values of a `cardExt` may also be in `card_ext`, as a page passes
    /// them. The default appid is that of the calling app.
    ///
    /// # Errors
    ///
    /// 40097 if `card_ext` cannot be parsed; 47001 if a value is no text; 45021 if a value is too long.
    pub fn read(kind: Signed, params: Params<'_>, appid: &str) -> Result<Question> {
        let mut all = params.0.clone();
        let mut notes = Vec::new();
        if let (Signed::CardExt | Signed::NativeCardExt, Some(ext)) = (kind, params.value("card_ext")) {
            if ext.is_object() {
                notes.push("card_ext is an object; a page must pass it as text");
            }
            all.extend(card_ext(ext)?);
        }
        let params = Params(&all);
        let is_native = params.text("sign_type")?.is_some_and(|name| name == SIGN_TYPE);
        let kind = if kind == Signed::CardExt && is_native { Signed::NativeCardExt } else { kind };
        let mut values = sign::values(kind, params)?;
        if matches!(kind, Signed::ChooseCard | Signed::NativeCardExt) && values[0].is_empty() {
            appid.clone_into(&mut values[0]);
        }
        let beside = ["outer_str", "outer_id", "fixed_begintimestamp"];
        let unsigned = beside.iter().map(|key| Ok(params.text(key)?.unwrap_or_default()));
        let given = match params.text("signature")? {
            None => params.text("card_sign")?.or(params.text("cardSign")?),
            given => given,
        };
        let unsigned = unsigned.collect::<Result<_>>()?;
        let (given, appid) = (given.unwrap_or_default(), appid.to_owned());
        let mut question = Question { kind, values, given, appid, unsigned, notes };
        question.check_lengths()?;
        question.note_stamp();
        Ok(question)
    }

    /// Limits the lengths, because each value is hashed many times.
    fn check_lengths(&self) -> Result<()> {
        let mut values = self.values.iter().chain(&self.unsigned).chain([&self.given]);
        let max = self.kind.value_max();
        match values.find(|value| value.len() > max) {
            Some(long) => {
                let reason = format!("a value has {} bytes, at most {max}", long.len());
                Err(Error::field(ErrCode::OutOfLengthLimit, "values", reason))
            }
            None => Ok(()),
        }
    }

    fn note_stamp(&mut self) {
        let stamp = self.value("timestamp");
        let note = match stamp.len() {
            13 => "the timestamp is in milliseconds; it must be in seconds",
            0 => return,
            _ if self.kind == Signed::Jsapi || is_stamp(stamp) => return,
            _ => "the timestamp must be Unix time in seconds, which has ten digits",
        };
        self.notes.push(note);
    }

    /// Why a claim refuses these values although their signature is right. The age of the timestamp is not checked.
    fn refusal(&self, ticket: &str) -> Option<&'static str> {
        match self.kind {
            Signed::CardExt if !self.value("balance").is_empty() => Some(NO_BALANCE),
            Signed::CardExt => {
                let signed_at = self.value("timestamp").parse().map(Timestamp).unwrap_or_default();
                Reading::of(&self.values).refusal(ticket, &self.appid, signed_at)
            }
            Signed::NativeCardExt => native_sign::fault(&self.values),
            Signed::ChooseCard | Signed::Jsapi => None,
        }
    }

    fn value(&self, field: &str) -> &str {
        let at = self.kind.fields().iter().position(|name| *name == field);
        at.map_or("", |at| &self.values[at])
    }

    /// The values with another text for one field.
    fn with(&self, field: &str, text: String) -> Values {
        let fields = self.kind.fields().iter().zip(&self.values);
        fields.map(|(name, value)| if *name == field { text.clone() } else { value.clone() }).collect()
    }
}

fn card_ext(ext: &Value) -> Result<Object> {
    let wrong = || Error::field(ErrCode::InvalidArgs, "card_ext", "is not a JSON object written as text");
    match ext {
        Value::Object(object) => Ok(object.clone()),
        Value::String(text) => serde_json::from_str(text).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

/// The tickets that a signature may have been made with.
#[derive(Debug, Clone, Default)]
pub struct Tickets {
    /// The valid tickets, the newest first.
    pub good: Vec<String>,
    /// The tickets of the other kind.
    pub other: Vec<String>,
    /// The tickets that expired within the last day.
    pub retired: Vec<String>,
}

impl Tickets {
    /// The tickets of an app.
    pub fn of(key: &[u8; 32], kind: Signed, now: Timestamp) -> Tickets {
        let other = match kind.ticket() {
            TicketKind::WxCard => TicketKind::Jsapi,
            TicketKind::Jsapi => TicketKind::WxCard,
        };
        Tickets {
            good: ticket::valid(key, kind.ticket(), now).into(),
            other: ticket::valid(key, other, now).into(),
            retired: ticket::retired(key, kind.ticket(), now),
        }
    }

    /// One ticket, without the app's other tickets.
    pub fn only(ticket: &str) -> Tickets {
        Tickets { good: vec![ticket.to_owned()], ..Tickets::default() }
    }
}

/// The result of a check, which is the reply of `/kaquan/v1/sign/check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureCheck {
    /// Whether the signature is right.
    pub valid: bool,
    /// Which ticket the signature matches: `newest` or `previous`. `null` for a wrong signature; the other members
    /// then show the newest ticket.
    pub ticket: Option<&'static str>,
    /// The signed values in their order, including the ticket.
    pub values: Vec<String>,
    /// The text to be signed.
    pub string: String,
    /// The right signature.
    pub signature: String,
    /// Why a claim refuses these values although their signature is right.
    pub refusal: Option<&'static str>,
    /// Mistakes that explain a wrong signature, and notes about the values.
    pub hints: Vec<&'static str>,
}

/// Checks a signature. The result includes the text to be signed.
pub fn check(question: &Question, tickets: &Tickets) -> SignatureCheck {
    let Question { kind, values, given, .. } = question;
    let matching = tickets.good.iter().position(|ticket| signature(*kind, ticket, values) == *given);
    let ticket = tickets.good.get(matching.unwrap_or(0)).map(String::as_str).unwrap_or_default();
    let text = signed_text(*kind, ticket, values);
    let parts: Vec<&str> = match kind {
        Signed::Jsapi => text.splitn(4, '&').collect(),
        Signed::NativeCardExt => text.split('\n').collect(),
        Signed::CardExt | Signed::ChooseCard => sorted(ticket, values),
    };
    let parts = parts.into_iter().map(str::to_owned).collect();
    let mut hints = question.notes.clone();
    if matching.is_none() {
        hints.extend(mistakes(question, tickets));
    }
    SignatureCheck {
        valid: matching.is_some(),
        ticket: matching.map(|at| if at == 0 { "newest" } else { "previous" }),
        values: parts,
        string: text,
        signature: signature(*kind, ticket, values),
        refusal: matching.and_then(|_| question.refusal(ticket)),
        hints,
    }
}

/// The likely mistakes, as far as the signature shows them.
fn mistakes(question: &Question, tickets: &Tickets) -> Vec<&'static str> {
    let Question { kind, values, given, .. } = question;
    let timestamp = question.value("timestamp");
    let mut hints = Vec::new();
    let mut hint = |seen: bool, text: &'static str| {
        if seen {
            hints.push(text);
        }
    };
    hint(given.is_empty(), "there is no signature");
    hint(timestamp.is_empty(), "there is no timestamp");
    let is_native = *kind == Signed::NativeCardExt;
    hint(!is_native && given.len() == 32, "the signature is as long as one of MD5; SHA-1 has 40 characters");
    hint(
        !is_native && given.len() == 64,
        "the signature is as long as one of SHA-256; SHA-1 has 40 characters",
    );
    hint(
        is_native && given.len() == 40,
        "the signature is as long as one of SHA-1; HMAC-SHA256 has 64 characters",
    );
    let given = given.to_lowercase();
    let made_with = |some: &[String]| some.iter().any(|ticket| signature(*kind, ticket, values) == given);
    hint(given != question.given && made_with(&tickets.good), "the signature must be in lower case");
    hint(
        made_with(&tickets.other),
        "it is signed with the ticket of the other type (wx_card for cards, jsapi for pages)",
    );
    hint(made_with(&tickets.retired), "it is signed with an expired ticket; fetch a new one");
    hints.extend(explained(question, tickets, &given));
    if hints.is_empty() {
        hints.push("no usual mistake was found; compare your string with this one, value by value");
    }
    hints
}

/// The mistakes that give exactly this signature. The search ends with the first ticket that explains it. A text that
/// is no SHA-1 is not searched.
fn explained(question: &Question, tickets: &Tickets, given: &str) -> Vec<&'static str> {
    if given.len() != 40 || !given.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for ticket in tickets.good.iter().chain(&tickets.other).chain(&tickets.retired) {
        for (made, text) in wrong_texts(question, ticket) {
            if sha1(&made) == given && !found.contains(&text) {
                found.push(text);
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    found
}

/// The texts that are hashed by mistake with this ticket, each with the mistake.
fn wrong_texts(question: &Question, ticket: &str) -> Vec<(String, &'static str)> {
    let mut made = match question.kind {
        Signed::Jsapi => wrong_pages(question, ticket),
        Signed::NativeCardExt => Vec::new(),
        Signed::CardExt | Signed::ChooseCard => wrong_cards(question, ticket),
    };
    let timestamp = question.value("timestamp");
    if let Ok(stamp) = timestamp.parse::<i64>() {
        for other in [stamp / 1000, stamp.saturating_mul(1000)] {
            let text = signed_text(question.kind, ticket, &question.with("timestamp", other.to_string()));
            made.push((text, "it is signed with the same time in another unit; both must be in seconds"));
        }
    }
    made
}

fn wrong_pages(question: &Question, ticket: &str) -> Vec<(String, &'static str)> {
    let [noncestr, timestamp, url] = ["noncestr", "timestamp", "url"].map(|field| question.value(field));
    let text =
        |url: &str| format!("jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={url}");
    let page = url.split('#').next().unwrap_or_default();
    let address = page.split('?').next().unwrap_or_default();
    vec![
        (text(url), "the url is signed with its fragment; leave out # and what follows"),
        (text(address), "the url is signed without its query"),
        (text(&crate::http::link::encode(page)), "the url is encoded; sign it as it is"),
        (
            sorted(ticket, &question.values).concat(),
            "the values are joined as for cards; pages sign names and values",
        ),
    ]
}

fn wrong_cards(question: &Question, ticket: &str) -> Vec<(String, &'static str)> {
    let Question { kind, values, unsigned, .. } = question;
    let joined = values.concat();
    let mut pairs: Vec<(&str, &str)> =
        kind.fields().iter().copied().zip(values.iter().map(String::as_str)).collect();
    pairs.push(("api_ticket", ticket));
    pairs.retain(|(_, value)| !value.is_empty());
    pairs.sort_unstable();
    let by_name: String = pairs.iter().map(|(_, value)| *value).collect();
    let named: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut by_letter = sorted(ticket, values);
    by_letter.sort_by_key(|value| value.to_lowercase());
    let more: Values = values.iter().chain(unsigned).cloned().collect();
    let mut made = vec![
        ([ticket, &joined].concat(), "the values are joined without being sorted"),
        ([&joined, ticket].concat(), "the values are joined without being sorted"),
        (by_name, "the values are sorted by their names; sort the values themselves"),
        (named.join("&"), "names are signed; only the values must be"),
        (
            by_letter.concat(),
            "the values are sorted without regard to case; they must be sorted by their bytes",
        ),
        (sorted("", values).concat(), "the ticket is missing among the values"),
        (
            sorted(ticket, &more).concat(),
            "outer_str, outer_id or fixed_begintimestamp is signed; none of them must be",
        ),
    ];
    for filler in ["undefined", "null", "None", "0"] {
        let filled =
            values.iter().map(|value| if value.is_empty() { filler.to_owned() } else { value.clone() });
        let text = sorted(ticket, &filled.collect()).concat();
        made.push((text, "absent values are signed, as null or undefined; leave them out"));
    }
    // If no value is missing and none is extra, some of these texts are right and not a mistake.
    let right = signed_text(*kind, ticket, values);
    made.retain(|(text, _)| *text != right);
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TICKET: &str = "ojZ8YtyVyr30HheH3CM73y7h4jJE";

    fn tickets() -> Tickets {
        Tickets {
            good: vec![TICKET.to_owned(), "before".to_owned()],
            other: vec!["other".to_owned()],
            retired: vec!["old".to_owned()],
        }
    }

    fn ask(kind: Signed, body: Value) -> Value {
        let question = Question::read(kind, Params(body.as_object().unwrap()), "wx1").unwrap();
        json!(check(&question, &tickets()))
    }

    fn card(signature: &str) -> Value {
        json!({
            "card_id": "pjZ8Yt1XGILfi-FUsewpnnolGgZk", "timestamp": 1404896688, "code": "1434008071", "nonce_str": "Ab3",
            "outer_str": "page", "signature": signature,
        })
    }

    fn hint(reply: &Value) -> &str {
        assert_eq!((&reply["valid"], &reply["ticket"]), (&json!(false), &Value::Null), "{reply}");
        reply["hints"][0].as_str().unwrap()
    }

    fn values() -> Values {
        ["1404896688", "pjZ8Yt1XGILfi-FUsewpnnolGgZk", "1434008071", "", "Ab3", ""]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn a_right_signature_names_its_ticket_and_the_signed_values() {
        for (ticket, name) in [(TICKET, "newest"), ("before", "previous")] {
            let right = signature(Signed::CardExt, ticket, &values());
            let reply = ask(Signed::CardExt, card(&right));
            assert_eq!(
                (&reply["valid"], &reply["ticket"], &reply["hints"]),
                (&json!(true), &json!(name), &json!([]))
            );
            assert_eq!(reply["values"], json!(sorted(ticket, &values())));
            assert_eq!(
                (&reply["string"], &reply["signature"]),
                (&json!(sorted(ticket, &values()).concat()), &json!(right))
            );
        }
    }

    #[test]
    fn each_usual_mistake_is_recognized_by_the_signature_it_makes() {
        let (card_id, code) = ("pjZ8Yt1XGILfi-FUsewpnnolGgZk", "1434008071");
        let right = signature(Signed::CardExt, TICKET, &values());
        let mut late = values();
        late[0] += "000";
        for (given, expected) in [
            (right.to_uppercase(), "lower case"),
            (signature(Signed::CardExt, "other", &values()), "other type"),
            (signature(Signed::CardExt, "old", &values()), "expired ticket"),
            (sha1(&[TICKET, "1404896688", card_id, code, "Ab3"].concat()), "without being sorted"),
            (sha1(&[TICKET, card_id, code, "Ab3", "1404896688"].concat()), "sorted by their names"),
            (
                sha1(&format!(
                    "api_ticket={TICKET}&card_id={card_id}&code={code}&nonce_str=Ab3&timestamp=1404896688"
                )),
                "names are signed",
            ),
            (sha1(&["1404896688", code, "Ab3", card_id].concat()), "ticket is missing"),
            (sha1(&["1404896688", code, "Ab3", TICKET, "page", card_id].concat()), "outer_str"),
            (
                sha1(&["1404896688", code, "Ab3", TICKET, card_id, "undefined", "undefined"].concat()),
                "absent values",
            ),
            (signature(Signed::CardExt, TICKET, &late), "another unit"),
            (String::new(), "no signature"),
            ("0".repeat(64), "SHA-256"),
            ("0".repeat(32), "MD5"),
            ("0".repeat(40), "no usual mistake"),
        ] {
            let reply = ask(Signed::CardExt, card(&given));
            assert!(hint(&reply).contains(expected), "{expected}: {reply}");
        }
    }

    #[test]
    fn letters_in_either_case_are_sorted_by_their_bytes() {
        let mut body = card("");
        body["nonce_str"] = json!("zZ");
        let by_letter = ["1404896688", "1434008071", TICKET, "pjZ8Yt1XGILfi-FUsewpnnolGgZk", "Zz"];
        body["nonce_str"] = json!("Zz");
        body["signature"] = json!(sha1(&by_letter.concat()));
        assert!(hint(&ask(Signed::CardExt, body)).contains("regard to case"));
    }

    #[test]
    fn mistakes_of_pages_are_their_own() {
        let url = "http://a.b/c?x=1#top";
        let text =
            |url: &str| sha1(&format!("jsapi_ticket={TICKET}&noncestr=n&timestamp=1414587457&url={url}"));
        for (given, expected) in [
            (text(url), "fragment"),
            (text("http://a.b/c"), "without its query"),
            (text("http%3A%2F%2Fa.b%2Fc%3Fx%3D1"), "encoded"),
            (sha1(&["1414587457", url, "n", TICKET].concat()), "as for cards"),
        ] {
            let body = json!({"noncestr": "n", "timestamp": 1414587457, "url": url, "signature": given});
            let reply = ask(Signed::Jsapi, body);
            assert!(hint(&reply).contains(expected), "{expected}: {reply}");
        }
        let body = json!({"nonceStr": "n", "timestamp": 1414587457, "url": url, "signature": text("http://a.b/c?x=1")});
        let reply = ask(Signed::Jsapi, body);
        assert_eq!(reply["valid"], true, "{reply}");
        assert_eq!(reply["values"][3], "url=http://a.b/c?x=1");
    }

    #[test]
    fn a_card_ext_is_taken_as_a_page_hands_it_over() {
        let mut ext = card(&signature(Signed::CardExt, TICKET, &values()));
        let card_id = ext.as_object_mut().unwrap().remove("card_id").unwrap();
        let reply = ask(Signed::CardExt, json!({"card_id": card_id, "card_ext": ext.to_string()}));
        assert_eq!((&reply["valid"], &reply["hints"]), (&json!(true), &json!([])));
        let reply = ask(Signed::CardExt, json!({"card_id": card_id, "card_ext": ext}));
        assert_eq!(reply["valid"], true);
        assert!(reply["hints"][0].as_str().unwrap().contains("as text"), "{reply}");
        for wrong in [json!("{"), json!(5), json!("[]")] {
            let body = json!({"card_ext": wrong});
            let refused =
                Question::read(Signed::CardExt, Params(body.as_object().unwrap()), "wx1").unwrap_err();
            assert_eq!(refused.code, ErrCode::InvalidArgs);
        }
    }

    #[test]
    fn the_app_that_asks_is_the_one_that_signs_unless_another_is_named() {
        let signed = ["wx1", "", "1", "n", "", "GROUPON"].map(str::to_owned).to_vec();
        let given = signature(Signed::ChooseCard, TICKET, &signed);
        let mut body = json!({"timestamp": 1, "nonceStr": "n", "cardType": "GROUPON", "cardSign": given});
        assert_eq!(ask(Signed::ChooseCard, body.clone())["valid"], true);
        body["appid"] = json!("wx2");
        assert_eq!(ask(Signed::ChooseCard, body)["valid"], false);
    }
}
