//! What every call on a code answers in every state of the code, as one table. What a call does besides is tested in the
//! call's own file.

use super::{FRIEND, HOLDER, InState, STATES, expected, in_state};
use crate::support::*;

/// A call, what is sent besides the code, and the errcode in each of the states in the order of [`STATES`].
struct Row(&'static str, fn(&InState) -> Value, [i32; 10]);

/// For system codes: never claimed, normal, before its window, consumed, expired, being given, not accepted in time,
/// given away, deleted, unavailable.
const TABLE: &[Row] = &[
    Row("/card/code/get", |_| json!({}), [40056, 0, 0, 40099, 40127, 40127, 40127, 40056, 40127, 40127]),
    Row("/card/code/get", |_| json!({"check_consume": false}), [40056, 0, 0, 0, 0, 0, 0, 40056, 0, 0]),
    Row(
        "/card/code/consume",
        |_| json!({}),
        [40056, 0, 40079, 40099, 40079, 40127, 40127, 40056, 40127, 40127],
    ),
    Row("/card/code/unavailable", |_| json!({}), [40056, 0, 0, 40099, 0, 0, 0, 40056, 40127, 40127]),
    Row("/card/code/mark", mark, [40056, 0, 0, 40099, 40127, 40127, 40127, 40056, 40127, 40127]),
    Row("/wallet/v1/gift", holder, [40056, 0, 0, 40099, 40127, 40127, 40127, 40056, 40127, 40127]),
    Row("/wallet/v1/gift/accept", friend, [40056, 40127, 40127, 40099, 40127, 0, 40127, 40056, 40127, 40127]),
    Row("/wallet/v1/gift/cancel", holder, [40056, 40127, 40127, 40099, 40127, 0, 40127, 40056, 40127, 40127]),
    Row("/wallet/v1/gift/return", holder, [40056, 40127, 40127, 40099, 40127, 40127, 0, 40056, 40127, 40127]),
    Row("/wallet/v1/delete", holder, [40056, 0, 0, 40099, 0, 40127, 0, 40056, 40127, 40127]),
    Row(
        "/kaquan/v1/code/return",
        |_| json!({}),
        [40056, 40127, 40127, 0, 40127, 40127, 40127, 40056, 40127, 40127],
    ),
];

/// For custom codes, whose text leads to the friend's code once they are given away.
const CUSTOM: &[Row] = &[
    Row("/card/code/get", |_| json!({}), [40056, 0, 0, 40099, 40127, 40127, 40127, 0, 40127, 40127]),
    Row("/card/code/consume", |_| json!({}), [40056, 0, 40079, 40099, 40079, 40127, 40127, 0, 40127, 40127]),
    Row("/card/code/unavailable", |_| json!({}), [40056, 0, 0, 40099, 0, 0, 0, 0, 40127, 40127]),
    Row("/card/code/update", new_code, [40056, 0, 0, 40099, 40127, 40127, 0, 0, 40127, 40127]),
    Row("/card/code/mark", mark, [40056, 0, 0, 40099, 40127, 40127, 40127, 0, 40127, 40127]),
    // The giver does not hold it any more.
    Row("/wallet/v1/gift/cancel", holder, [40056, 40127, 40127, 40099, 40127, 0, 40127, 40003, 40127, 40127]),
    Row("/wallet/v1/gift/return", holder, [40056, 40127, 40127, 40099, 40127, 40127, 0, 40003, 40127, 40127]),
    Row(
        "/kaquan/v1/code/return",
        |_| json!({}),
        [40056, 40127, 40127, 0, 40127, 40127, 40127, 40127, 40127, 40127],
    ),
];

fn holder(_: &InState) -> Value {
    json!({"openid": HOLDER})
}

fn friend(_: &InState) -> Value {
    json!({"openid": FRIEND})
}

fn new_code(_: &InState) -> Value {
    json!({"new_code": "my-code-2"})
}

fn mark(state: &InState) -> Value {
    json!({"card_id": state.card_id, "openid": HOLDER, "is_mark": true})
}

fn hold_to(table: &[Row], custom: bool) {
    for Row(path, more, codes) in table {
        for name in STATES {
            let state = in_state(name, custom);
            state.expect(path, more(&state), expected(name, *codes));
        }
    }
}

#[test]
fn every_call_answers_for_every_state_of_a_system_code() {
    hold_to(TABLE, false);
}

#[test]
fn every_call_answers_for_every_state_of_a_custom_code() {
    hold_to(CUSTOM, true);
}
