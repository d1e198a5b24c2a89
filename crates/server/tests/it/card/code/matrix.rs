//! Two tables, for system codes and for custom codes: the errcode of calls about a code in every state of the code.
//! Other effects of a call are tested in the call's own file.

use super::{FRIEND, HOLDER, InState, STATES, every_state};
use crate::support::*;
use ErrCode::{CodeConsumed, InvalidOpenid, InvalidSerialCode, InvalidTime, InvalidUserCardStatus};

/// A call, and its members in addition to the code. Then each errcode with the states in which the call returns it.
/// In all other states the call succeeds.
struct Row(&'static str, fn(&InState) -> Value, Refusals);

type Refusals = &'static [(ErrCode, &'static [&'static str])];

impl Row {
    /// The call's errcode in this state; `None` for success.
    fn errcode(&self, state: &str) -> Option<ErrCode> {
        self.2.iter().find(|(_, states)| states.contains(&state)).map(|(errcode, _)| *errcode)
    }
}

/// The table for system codes: after a gift, the text finds no code.
const SYSTEM: &[Row] = &[
    Row(
        "/card/code/get",
        nothing,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["EXPIRE", "GIFTING", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row(
        "/card/code/get",
        checked,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["EXPIRE", "GIFTING", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row("/card/code/get", unchecked, &[(InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"])]),
    Row(
        "/card/code/consume",
        nothing,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"]),
            (InvalidTime, &["NOT_BEGUN", "EXPIRE"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["GIFTING", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row(
        "/card/code/unavailable",
        nothing,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row("/card/code/update", new_code, &[(InvalidSerialCode, STATES)]),
    Row(
        "/card/code/mark",
        mark,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["EXPIRE", "GIFTING", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row(
        "/wallet/v1/gift",
        holder,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["EXPIRE", "GIFTING", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row(
        "/wallet/v1/gift/accept",
        friend,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"]),
            (
                InvalidUserCardStatus,
                &["NORMAL", "NOT_BEGUN", "EXPIRE", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"],
            ),
            (CodeConsumed, &["CONSUMED"]),
        ],
    ),
    Row(
        "/wallet/v1/gift/cancel",
        holder,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"]),
            (
                InvalidUserCardStatus,
                &["NORMAL", "NOT_BEGUN", "EXPIRE", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"],
            ),
            (CodeConsumed, &["CONSUMED"]),
        ],
    ),
    Row(
        "/wallet/v1/gift/return",
        holder,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"]),
            (InvalidUserCardStatus, &["NORMAL", "NOT_BEGUN", "EXPIRE", "GIFTING", "DELETE", "UNAVAILABLE"]),
            (CodeConsumed, &["CONSUMED"]),
        ],
    ),
    Row(
        "/wallet/v1/delete",
        holder,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["GIFTING", "DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row(
        "/kaquan/v1/code/return",
        nothing,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED", "GIVEN_AWAY"]),
            (
                InvalidUserCardStatus,
                &["NORMAL", "NOT_BEGUN", "EXPIRE", "GIFTING", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"],
            ),
        ],
    ),
];

/// The table for custom codes: after a gift, the text names the friend's code.
const CUSTOM: &[Row] = &[
    Row(
        "/card/code/get",
        nothing,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["EXPIRE", "GIFTING", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row(
        "/card/code/get",
        checked,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["EXPIRE", "GIFTING", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row("/card/code/get", unchecked, &[(InvalidSerialCode, &["NEVER_CLAIMED"])]),
    Row(
        "/card/code/consume",
        nothing,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED"]),
            (InvalidTime, &["NOT_BEGUN", "EXPIRE"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["GIFTING", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row(
        "/card/code/unavailable",
        nothing,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row(
        "/card/code/update",
        new_code,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["EXPIRE", "GIFTING", "DELETE", "UNAVAILABLE"]),
        ],
    ),
    Row(
        "/card/code/mark",
        mark,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidUserCardStatus, &["EXPIRE", "GIFTING", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"]),
        ],
    ),
    // After a gift, the giver no longer has the code.
    Row(
        "/wallet/v1/gift/cancel",
        holder,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED"]),
            (
                InvalidUserCardStatus,
                &["NORMAL", "NOT_BEGUN", "EXPIRE", "GIFT_TIMEOUT", "DELETE", "UNAVAILABLE"],
            ),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidOpenid, &["GIVEN_AWAY"]),
        ],
    ),
    Row(
        "/wallet/v1/gift/return",
        holder,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED"]),
            (InvalidUserCardStatus, &["NORMAL", "NOT_BEGUN", "EXPIRE", "GIFTING", "DELETE", "UNAVAILABLE"]),
            (CodeConsumed, &["CONSUMED"]),
            (InvalidOpenid, &["GIVEN_AWAY"]),
        ],
    ),
    Row(
        "/kaquan/v1/code/return",
        nothing,
        &[
            (InvalidSerialCode, &["NEVER_CLAIMED"]),
            (
                InvalidUserCardStatus,
                &[
                    "NORMAL",
                    "NOT_BEGUN",
                    "EXPIRE",
                    "GIFTING",
                    "GIFT_TIMEOUT",
                    "GIVEN_AWAY",
                    "DELETE",
                    "UNAVAILABLE",
                ],
            ),
        ],
    ),
];

fn nothing(_: &InState) -> Value {
    json!({})
}

fn checked(_: &InState) -> Value {
    json!({"check_consume": true})
}

fn unchecked(_: &InState) -> Value {
    json!({"check_consume": false})
}

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
    for row in table {
        let Row(path, more, refusals) = row;
        let named = refusals.iter().flat_map(|(_, states)| *states);
        named.for_each(|state| assert!(STATES.contains(state), "{state} is no state"));
        for state in every_state(custom) {
            let body = state.body(more(&state));
            match row.errcode(state.name) {
                None => drop(state.server.ok(path, body)),
                Some(errcode) => drop(state.server.expect_errcode(path, body, errcode)),
            }
        }
    }
}

#[test]
fn every_call_answers_for_every_state_of_a_system_code() {
    hold_to(SYSTEM, false);
}

#[test]
fn every_call_answers_for_every_state_of_a_custom_code() {
    hold_to(CUSTOM, true);
}
