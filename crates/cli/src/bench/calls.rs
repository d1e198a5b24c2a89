//! The requests of the loads. Bodies are written directly as text, and only the needed parts of responses are parsed.

use super::cards::{scatter, write_openid};
use super::round::Source;
use std::collections::VecDeque;
use std::io::Write;

/// Claims, each with a new openid, spread over the cards.
#[derive(Debug)]
pub struct Claims {
    cards: Vec<String>,
    tag: u32,
    next: u64,
    codes: Option<VecDeque<String>>,
}

impl Claims {
    /// Claims of these cards. Another tag gives other holders.
    pub fn new(cards: Vec<String>, tag: u32) -> Claims {
        Claims { cards, tag, next: 0, codes: None }
    }

    /// The same claims; the codes in the responses are kept.
    pub fn keeping_codes(self) -> Claims {
        Claims { codes: Some(VecDeque::new()), ..self }
    }

    /// Removes and returns the oldest kept code.
    pub fn pop_code(&mut self) -> Option<String> {
        self.codes.as_mut()?.pop_front()
    }
}

impl Source for Claims {
    fn next(&mut self, body: &mut Vec<u8>) -> bool {
        let card = match self.cards.len() {
            0 => return false,
            1 => 0,
            count => (scatter(self.next) % count as u64) as usize,
        };
        body.extend_from_slice(br#"{"card_id":""#);
        body.extend_from_slice(self.cards[card].as_bytes());
        body.extend_from_slice(br#"","openid":""#);
        write_openid(body, self.tag, self.next);
        body.extend_from_slice(br#""}"#);
        self.next += 1;
        true
    }

    fn taken(&mut self, answer: &[u8]) {
        if let Some(codes) = &mut self.codes {
            codes.extend(text_after(answer, br#""code":""#));
        }
    }
}

/// The quoted text after `key`.
fn text_after(answer: &[u8], key: &[u8]) -> Option<String> {
    let begin = answer.windows(key.len()).position(|part| part == key)? + key.len();
    let rest = answer.get(begin..)?;
    let end = rest.iter().position(|&byte| byte == b'"')?;
    String::from_utf8(rest[..end].to_vec()).ok()
}

/// Requests that consume codes.
#[derive(Debug, Default)]
pub struct Consumes {
    /// Codes that are still to be consumed.
    pub codes: VecDeque<String>,
    /// The last codes that were sent.
    pub sent: VecDeque<String>,
}

/// How many of the last sent codes are kept, to be checked at the end.
const KEPT: usize = 200;

impl Source for Consumes {
    fn next(&mut self, body: &mut Vec<u8>) -> bool {
        let Some(code) = self.codes.pop_front() else { return false };
        body.extend_from_slice(br#"{"code":""#);
        body.extend_from_slice(code.as_bytes());
        body.extend_from_slice(br#""}"#);
        self.sent.push_back(code);
        if self.sent.len() > KEPT {
            self.sent.pop_front();
        }
        true
    }
}

/// Updates of the service phone of one card, each to a different number.
#[derive(Debug)]
pub struct Updates {
    pub card: String,
    /// Updates sent.
    pub sent: u64,
}

impl Updates {
    /// The number of the update that sent this phone number; `None` if no update did.
    pub fn number(&self, phone: &str) -> Option<u64> {
        phone.strip_prefix("400-")?.parse().ok().filter(|number| *number < self.sent)
    }
}

impl Source for Updates {
    fn next(&mut self, body: &mut Vec<u8>) -> bool {
        // Writing to a Vec cannot fail.
        let _ = write!(
            body,
            r#"{{"card_id":"{}","general_coupon":{{"base_info":{{"service_phone":"400-{:09}"}}}}}}"#,
            self.card, self.sent
        );
        self.sent += 1;
        true
    }
}

/// Report requests over a range of days, one card after another.
#[derive(Debug)]
pub struct Reports {
    pub cards: Vec<String>,
    /// The first and the last day.
    pub days: (String, String),
    /// Report requests sent.
    pub sent: u64,
    /// Responses without rows.
    pub empty: u64,
}

impl Source for Reports {
    fn next(&mut self, body: &mut Vec<u8>) -> bool {
        let card = &self.cards[(scatter(self.sent) % self.cards.len() as u64) as usize];
        let (from, to) = &self.days;
        // Writing to a Vec cannot fail.
        let _ =
            write!(body, r#"{{"begin_date":"{from}","end_date":"{to}","cond_source":1,"card_id":"{card}"}}"#);
        self.sent += 1;
        true
    }

    fn taken(&mut self, answer: &[u8]) {
        self.empty += u64::from(answer == br#"{"list":[]}"#);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn body(source: &mut impl Source) -> Value {
        let mut body = Vec::new();
        assert!(source.next(&mut body));
        serde_json::from_slice(&body).unwrap()
    }

    #[test]
    fn claims_are_json_with_a_new_openid_each() {
        let mut claims = Claims::new(vec!["pA".to_owned(), "pB".to_owned()], 1).keeping_codes();
        let (first, second) = (body(&mut claims), body(&mut claims));
        assert!(first["card_id"].is_string());
        assert_ne!(first["openid"], second["openid"]);
        claims.taken(br#"{"errcode":0,"errmsg":"ok","code":"123456789012"}"#);
        assert_eq!(claims.pop_code().as_deref(), Some("123456789012"));
        assert_eq!(claims.pop_code(), None);
    }

    #[test]
    fn updates_send_numbers_that_are_known_again() {
        let mut updates = Updates { card: "pA".to_owned(), sent: 0 };
        let phone = body(&mut updates)["general_coupon"]["base_info"]["service_phone"].clone();
        assert_eq!(phone, "400-000000000");
        assert_eq!(updates.number("400-000000000"), Some(0));
        assert_eq!(updates.number("400-000000001"), None);
    }

    #[test]
    fn consumes_end_with_the_codes() {
        let mut consumes = Consumes { codes: ["1".to_owned()].into(), ..Consumes::default() };
        assert_eq!(body(&mut consumes)["code"], "1");
        assert!(!consumes.next(&mut Vec::new()));
    }
}
