//! The common tools of wire tests: a server on a real socket with its own store and clock, a small HTTP client, and
//! cards for requests. Tests share nothing, so they can run in parallel and in any order.

pub mod answer;
pub mod cards;
mod clock;
pub mod http;
pub mod limits;
pub mod original;
pub mod page;
mod push;
pub mod qr;
pub mod receiver;
pub mod server;
pub mod shape;

pub use answer::Errcode;
pub use cards::{card, card_with, card_with_both, key_of, member_answers, member_form, merged};
pub use kaquan_core::error::ErrCode;
pub use original::{Mood, Original, REAL_APPID, REAL_SECRET, real_token};
pub use qr::read_qr;
pub use receiver::{Received, Receiver, Reply};
pub use serde_json::{Value, json};
pub use server::{NOON, Start, TestApp, TestServer};

/// Runs a test once for each card type, each as a separate test.
#[allow(unused_macros, reason = "the suite in the browser has no use for it")]
macro_rules! for_every_card_type {
    ($($test:ident)*) => {$(
        mod $test {
            #[test] fn groupon() { super::$test("GROUPON") }
            #[test] fn cash() { super::$test("CASH") }
            #[test] fn discount() { super::$test("DISCOUNT") }
            #[test] fn gift() { super::$test("GIFT") }
            #[test] fn general_coupon() { super::$test("GENERAL_COUPON") }
            #[test] fn member_card() { super::$test("MEMBER_CARD") }
            #[test] fn scenic_ticket() { super::$test("SCENIC_TICKET") }
            #[test] fn movie_ticket() { super::$test("MOVIE_TICKET") }
            #[test] fn boarding_pass() { super::$test("BOARDING_PASS") }
            #[test] fn meeting_ticket() { super::$test("MEETING_TICKET") }
            #[test] fn bus_ticket() { super::$test("BUS_TICKET") }
            #[test] fn general_card() { super::$test("GENERAL_CARD") }
        }
    )*};
}
#[allow(unused_imports, reason = "the suite in the browser has no use for it")]
pub(crate) use for_every_card_type;

/// Asserts that `got` has all values of `expected` in the same places.
#[track_caller]
pub fn assert_has(got: &Value, expected: &Value, what: &str) {
    match (got, expected) {
        (Value::Object(_), Value::Object(members)) => {
            for (key, value) in members {
                assert_has(&got[key], value, &format!("{what}.{key}"));
            }
        }
        (Value::Array(entries), Value::Array(wanted)) if entries.len() == wanted.len() => {
            for (i, (entry, value)) in entries.iter().zip(wanted).enumerate() {
                assert_has(entry, value, &format!("{what}[{i}]"));
            }
        }
        _ => assert_eq!(got, expected, "{what}"),
    }
}

/// The fields of a card of this type, from kaquan's field table.
pub fn fields_of(card_type: &str) -> Vec<&'static kaquan_core::card::Field> {
    let kind = kaquan_core::card::CardType::from_wire(card_type).expect("a card type");
    kaquan_core::card::FIELDS.iter().filter(|field| field.belongs_to(kind)).collect()
}

/// Decodes a base64 text from a query.
pub fn plain(encoded: &str) -> String {
    encoded.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
}
