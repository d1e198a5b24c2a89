//! `/datacube`: the reports. Each report is tested on days with events that the test made itself, so that every number
//! is known beforehand. WeChat manual: "卡券数据接口" (card statistics).

mod closing;
mod getcardbizuininfo;
mod getcardcardinfo;
mod getcardmembercarddetail;
mod getcardmembercardinfo;
mod large;
mod model;
mod range;

use crate::support::*;

/// Returns the rows of a report for the days from `from` to `to`, counted from today.
fn report(server: &TestServer, path: &str, days: (i32, i32), more: Value) -> Vec<Value> {
    let mut body =
        json!({"begin_date": server.date(days.0), "end_date": server.date(days.1), "cond_source": 1});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let reply = server.post(path, body.clone());
    assert_eq!(reply.as_object().unwrap().keys().collect::<Vec<_>>(), ["list"], "{body} answered {reply}");
    reply["list"].as_array().unwrap().clone()
}

/// Moves the clock to noon of the next day, and closes the days before.
fn next_day(server: &TestServer) {
    server.move_to(1, 12 * 3600);
    server.close_days();
}

/// Asserts that a row has these numbers, and 0 in every other field that counts something.
#[track_caller]
fn assert_numbers(row: &Value, expected: &[(&str, i64)]) {
    for (key, value) in row.as_object().unwrap() {
        if ["ref_date", "card_id", "cardid", "card_type", "merchanttype", "submerchantid"]
            .contains(&key.as_str())
        {
            continue;
        }
        let wanted = expected.iter().find(|(name, _)| name == key).map_or(0, |(_, n)| *n);
        assert_eq!(*value, wanted, "{key} in {row}");
    }
    for (name, _) in expected {
        assert!(row[*name].is_i64(), "{name} in {row}");
    }
}

fn view(server: &TestServer, card_id: &str, openid: &str) {
    server.ok("/wallet/v1/view", json!({"card_id": card_id, "openid": openid}));
}

/// A member card that is active as soon as it is claimed.
fn member_card(server: &TestServer) -> String {
    server.create(card_with_both("MEMBER_CARD", json!({}), json!({"auto_activate": true})))
}

fn pay(server: &TestServer, code: &str, fee: i64, due: i64) {
    server.ok("/wallet/v1/pay", json!({"code": code, "fee": fee, "original_fee": due}));
}
