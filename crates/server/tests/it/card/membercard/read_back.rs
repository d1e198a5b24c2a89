//! `userinfo/get` and `code/get` return the data that `updateuser` writes about a member.

use super::{HOLDER, active_member};
use crate::support::*;

/// A field of `updateuser`, a value, and where `userinfo/get` and `code/get` show it.
const FIELDS: &[(&str, &str, &[&str], &[&str])] = &[
    ("bonus", "77", &["/bonus"], &["/bonus", "/card/bonus"]),
    ("balance", "88", &["/balance"], &["/balance", "/card/balance"]),
    (
        "membership_number",
        "\"VIP 9\"",
        &["/membership_number"],
        &["/membership_number", "/card/membership_number"],
    ),
    ("background_pic_url", "\"http://mmbiz.qpic.cn/b\"", &[], &["/background_pic_url"]),
    (
        "custom_field_value1",
        "\"金\"",
        &["/user_info/custom_field_list/0/value"],
        &["/user_info/custom_field_list/0/value"],
    ),
    (
        "custom_field_value2",
        "\"3 章\"",
        &["/user_info/custom_field_list/1/value"],
        &["/user_info/custom_field_list/1/value"],
    ),
    (
        "custom_field_value3",
        "\"100\"",
        &["/user_info/custom_field_list/2/value"],
        &["/user_info/custom_field_list/2/value"],
    ),
];

#[test]
fn every_field_of_a_member_is_read_back_by_both_calls() {
    let server = TestServer::start();
    let (id, code) = active_member(&server);
    for (field, value, in_userinfo, in_code) in FIELDS {
        let value: Value = serde_json::from_str(value).expect("JSON");
        server.ok("/card/membercard/updateuser", json!({"card_id": id, "code": code, *field: value}));
        for (path, places) in [("/card/membercard/userinfo/get", in_userinfo), ("/card/code/get", in_code)] {
            let shown = server.ok(path, json!({"card_id": id, "code": code}));
            for place in *places {
                assert_eq!(shown.pointer(place), Some(&value), "{field} at {place} of {path}: {shown}");
            }
            assert_eq!(shown["openid"], HOLDER, "{path}");
        }
    }
}
