//! Signatures of cards and pages: SHA-1 over values that are sorted and joined, with a ticket among them. Wrong ones are
//! what integrators lose days to, so a check says what was signed and what usually goes wrong.
//! WeChat manual: "附录：JS-SDK 使用权限签名算法" (signatures of the JS-SDK).

use super::ticket::{self, TicketKind};
use kaquan_core::time::Timestamp;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// `cardExt` of addCard.
    CardExt,
    /// The call of chooseCard.
    ChooseCard,
    /// `wx.config` of a page.
    Jsapi,
}

impl Signed {
    /// The name in requests and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Signed::CardExt => "card_ext",
            Signed::ChooseCard => "choose_card",
            Signed::Jsapi => "jsapi",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Signed> {
        [Signed::CardExt, Signed::ChooseCard, Signed::Jsapi].into_iter().find(|kind| kind.name() == name)
    }

    /// The values that are signed beside the ticket, in the order of the manual.
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Signed::CardExt => &["timestamp", "card_id", "code", "openid", "nonce_str", "balance"],
            Signed::ChooseCard => {
                &["app_id", "location_id", "timestamp", "nonce_str", "card_id", "card_type"]
            }
            Signed::Jsapi => &["noncestr", "timestamp", "url"],
        }
    }

    /// The ticket it is signed with.
    pub const fn ticket(self) -> TicketKind {
        match self {
            Signed::CardExt | Signed::ChooseCard => TicketKind::WxCard,
            Signed::Jsapi => TicketKind::Jsapi,
        }
    }
}

/// The values of a request, in the order of [`Signed::fields`]; empty for what is not there.
pub type Values = Vec<String>;

/// The text that is hashed.
pub fn signed_text(kind: Signed, ticket: &str, values: &Values) -> String {
    match kind {
        Signed::CardExt | Signed::ChooseCard => sorted(ticket, values).concat(),
        Signed::Jsapi => {
            let [noncestr, timestamp, url] =
                [0, 1, 2].map(|at| values.get(at).map(String::as_str).unwrap_or_default());
            let page = url.split('#').next().unwrap_or_default();
            format!("jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={page}")
        }
    }
}

/// Ticket and values without the empty ones, sorted by their bytes.
fn sorted<'a>(ticket: &'a str, values: &'a Values) -> Vec<&'a str> {
    let mut all: Vec<&str> = values.iter().map(String::as_str).chain([ticket]).collect();
    all.retain(|value| !value.is_empty());
    all.sort_unstable();
    all
}

/// The signature, in lower-case hexadecimal.
pub fn signature(kind: Signed, ticket: &str, values: &Values) -> String {
    sha1(&signed_text(kind, ticket, values))
}

fn sha1(text: &str) -> String {
    Sha1::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether one of an app's tickets that are good at `now` makes this signature.
pub fn is_right(key: &[u8; 32], kind: Signed, values: &Values, given: &str, now: Timestamp) -> bool {
    let tickets = ticket::valid(key, kind.ticket(), now);
    tickets.iter().any(|ticket| signature(kind, ticket, values) == given)
}

/// What is known of tickets when a signature is checked.
#[derive(Debug, Clone, Default)]
pub struct Tickets {
    /// Good ones, the newest first.
    pub good: Vec<String>,
    /// Those of the other kind.
    pub other: Vec<String>,
    /// Those that were good within the last day.
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
}

/// Checks a signature and tells what was signed: `{"valid", "string", "values", "signature", "hints"}`.
pub fn check(kind: Signed, tickets: &Tickets, values: &Values, given: &str) -> Value {
    let newest = tickets.good.first().map(String::as_str).unwrap_or_default();
    let matching = tickets.good.iter().find(|ticket| signature(kind, ticket, values) == given);
    let ticket = matching.map_or(newest, String::as_str);
    let parts: Vec<&str> = match kind {
        Signed::Jsapi => Vec::new(),
        _ => sorted(ticket, values),
    };
    json!({
        "valid": matching.is_some(),
        "values": parts,
        "string": signed_text(kind, ticket, values),
        "signature": signature(kind, ticket, values),
        "hints": if matching.is_some() { Vec::new() } else { hints(kind, tickets, values, given) },
    })
}

/// What usually goes wrong, as far as it can be seen in the signature.
fn hints(kind: Signed, tickets: &Tickets, values: &Values, given: &str) -> Vec<&'static str> {
    let made_with = |some: &[String]| some.iter().any(|ticket| signature(kind, ticket, values) == given);
    let any = |make: &dyn Fn(&str) -> String| tickets.good.iter().any(|ticket| make(ticket) == given);
    let timestamp = kind.fields().iter().position(|field| *field == "timestamp");
    let timestamp = timestamp.and_then(|at| values.get(at)).map(String::as_str).unwrap_or_default();
    let mut hints = Vec::new();
    let mut hint = |seen: bool, text: &'static str| {
        if seen {
            hints.push(text);
        }
    };
    hint(given.is_empty(), "there is no signature");
    let lower = given.to_lowercase();
    let good_lower = tickets.good.iter().any(|ticket| signature(kind, ticket, values) == lower);
    hint(lower != given && good_lower, "the signature must be in lower case");
    hint(
        made_with(&tickets.other),
        "it is signed with the ticket of the other type (wx_card for cards, jsapi for pages)",
    );
    hint(made_with(&tickets.retired), "it is signed with a ticket that is no longer good; fetch it anew");
    let unsorted = |ticket: &str| sha1(&[ticket, &values.concat()].concat());
    hint(any(&unsorted), "the values are joined without being sorted");
    let encoded = |ticket: &str| {
        let text = signed_text(kind, ticket, values);
        sha1(&text.replace(':', "%3A").replace('/', "%2F"))
    };
    hint(kind == Signed::Jsapi && any(&encoded), "the url is encoded; sign it as it is");
    hint(timestamp.len() == 13, "the timestamp is in milliseconds; it must be in seconds");
    hint(timestamp.is_empty(), "there is no timestamp");
    if hints.is_empty() {
        hints.push("compare your string with this one, value by value");
    }
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: &str = "ojZ8YtyVyr30HheH3CM73y7h4jJE";

    fn values(texts: &[&str]) -> Values {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn good(ticket: &str) -> Tickets {
        Tickets { good: vec![ticket.to_owned()], ..Tickets::default() }
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
    fn a_check_tells_what_was_signed() {
        let told =
            check(Signed::CardExt, &good(TICKET), &card_ext(), "f137ab68b7f8112d20ee528ab6074564e2796250");
        assert_eq!((&told["valid"], &told["hints"]), (&json!(true), &json!([])));
        assert_eq!(told["values"][0], "123");
    }

    #[test]
    fn a_wrong_signature_is_told_apart_by_its_mistake() {
        let right = signature(Signed::CardExt, TICKET, &card_ext());
        let unsorted = sha1(&[TICKET, &card_ext().concat()].concat());
        let tickets =
            Tickets { other: vec!["jsapi".to_owned()], retired: vec!["old".to_owned()], ..good(TICKET) };
        for (given, expected) in [
            (right.to_uppercase(), "lower case"),
            (signature(Signed::CardExt, "jsapi", &card_ext()), "other type"),
            (signature(Signed::CardExt, "old", &card_ext()), "no longer good"),
            (unsorted, "without being sorted"),
            (String::new(), "no signature"),
            ("0".repeat(40), "compare your string"),
        ] {
            let told = check(Signed::CardExt, &tickets, &card_ext(), &given);
            assert_eq!(told["valid"], false, "{expected}");
            assert!(told["hints"][0].as_str().is_some_and(|hint| hint.contains(expected)), "{told}");
        }
        let mut late = card_ext();
        late[0] = "1404896688000".to_owned();
        let told = check(Signed::CardExt, &tickets, &late, "x");
        assert!(told["hints"].to_string().contains("milliseconds"), "{told}");
    }
}
