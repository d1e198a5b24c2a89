//! `/card/code`: one issued code. This file brings a code into each of its states. `matrix` tests the errcode of each
//! call in each state, and the calls' own files test their effects.

mod blanks;
mod checkcode;
mod consume;
mod decrypt;
mod deposit;
mod get;
mod getdepositcount;
mod life;
mod mark;
mod matrix;
mod race;
mod unavailable;
mod update;

use crate::support::*;

/// A code in one of the [`STATES`], with its server and its card.
struct InState {
    server: TestServer,
    name: &'static str,
    card_id: String,
    code: String,
    custom: bool,
}

const HOLDER: &str = "oHolder";
const FRIEND: &str = "oFriend";

/// The states that a code has before the tested call.
const STATES: &[&str] = &[
    "NEVER_CLAIMED",
    "NORMAL",
    "NOT_BEGUN",
    "CONSUMED",
    "EXPIRE",
    "GIFTING",
    "GIFT_TIMEOUT",
    "GIVEN_AWAY",
    "DELETE",
    "UNAVAILABLE",
];

/// One code for each state, of a card with generated codes or with custom codes.
fn every_state(custom: bool) -> impl Iterator<Item = InState> {
    STATES.iter().map(move |state| in_state(state, custom))
}

fn in_state(name: &'static str, custom: bool) -> InState {
    let server = TestServer::start();
    let begin = if name == "NOT_BEGUN" { NOON.0 + 60 } else { NOON.0 - 60 };
    let date_info = json!({
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": begin, "end_timestamp": NOON.0 + 7 * 86_400,
    });
    let card_id =
        server.create(card_with("GROUPON", json!({"date_info": date_info, "use_custom_code": custom})));
    let code = match (name, custom) {
        ("NEVER_CLAIMED", true) => "never-claimed".to_owned(),
        ("NEVER_CLAIMED", false) => "123456789012".to_owned(),
        (_, true) => {
            server.claim_code(&card_id, HOLDER, "my-code-1");
            "my-code-1".to_owned()
        }
        (_, false) => server.claim(&card_id, HOLDER),
    };
    let state = InState { server, name, card_id, code, custom };
    let gift = json!({"openid": HOLDER, "friend_openid": FRIEND});
    match name {
        "CONSUMED" => drop(state.ok("/card/code/consume", json!({}))),
        "EXPIRE" => state.server.pass_days(8),
        "GIFTING" => drop(state.ok("/wallet/v1/gift", gift)),
        "GIFT_TIMEOUT" => {
            state.ok("/wallet/v1/gift", gift);
            state.server.pass_days(1);
        }
        "GIVEN_AWAY" => {
            state.ok("/wallet/v1/gift", gift);
            state.ok("/wallet/v1/gift/accept", json!({"openid": FRIEND}));
        }
        "DELETE" => drop(state.ok("/wallet/v1/delete", json!({"openid": HOLDER}))),
        "UNAVAILABLE" => drop(state.ok("/card/code/unavailable", json!({}))),
        _ => {}
    }
    state
}

impl InState {
    /// A request with the code, and with its card if the code is a custom one.
    fn body(&self, mut more: Value) -> Value {
        more["code"] = self.code.clone().into();
        if self.custom {
            more["card_id"] = self.card_id.clone().into();
        }
        more
    }

    fn ok(&self, path: &str, more: Value) -> Value {
        self.server.ok(path, self.body(more))
    }
}

/// Checks that a call refuses codes that do not exist, or belong to another card or app. It also refuses a custom code
/// without its card, a missing code, and a code of a wrong JSON type.
fn expect_unknown_codes(path: &str, more: Value) {
    let server = TestServer::start();
    let (id, other_id) = (server.create(card("GROUPON")), server.create(card("GROUPON")));
    let code = server.claim(&id, HOLDER);
    let custom_id = server.create_custom();
    server.claim_code(&custom_id, HOLDER, "my-code-1");
    let with = |code: &str, card_id: Value| {
        let mut body = more.clone();
        body["code"] = code.into();
        body["card_id"] = card_id;
        body
    };
    for unknown in ["000000000000", "x", "12345678901", "1234567890123", "码", &"9".repeat(65), "0x1"] {
        server.expect_errcode(path, with(unknown, Value::Null), 40056);
        server.expect_errcode(path, with(unknown, json!(id)), 40056);
    }
    // A code with another card, then with a card that does not exist.
    server.expect_errcode(path, with(&code, json!(other_id)), 40056);
    server.expect_errcode(path, with(&code, json!(custom_id)), 40056);
    server.expect_errcode(path, with(&code, json!("pUnknown")), 40073);
    // A custom code without its card, and with another card.
    for card_id in [Value::Null, json!("")] {
        server.expect_errcode(path, with("my-code-1", card_id), 40056);
    }
    server.expect_errcode(path, with("my-code-1", json!(id)), 40056);
    // A code of another app, without its card and with it.
    let other = server.second_app();
    server.expect_errcode_as(&other, path, with(&code, Value::Null), 40056);
    server.expect_errcode_as(&other, path, with(&code, json!(id)), 40073);
    // A missing code, then a code of a wrong JSON type.
    for missing in [Value::Null, json!("")] {
        let mut body = more.clone();
        body["code"] = missing;
        server.expect_errcode(path, body, 41013);
    }
    for wrong in [json!(true), json!([code]), json!({}), json!(1.5)] {
        let mut body = more.clone();
        body["code"] = wrong;
        server.expect_errcode(path, body, 47001);
    }
}
