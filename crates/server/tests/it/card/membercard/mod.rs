//! `/card/membercard`: the data of members.

mod activate;
mod activatetempinfo;
mod activateuserform;
mod read_back;
mod updateuser;
mod userinfo;

use crate::support::*;

const HOLDER: &str = "oMember";

/// The id of a member card with a balance and three custom fields, and a claimed code of it.
fn member(server: &TestServer) -> (String, String) {
    let beside = json!({
        "supply_balance": true,
        "custom_field1": {"name": "等级"}, "custom_field2": {"name_type": "FIELD_NAME_TYPE_STAMP"},
        "custom_field3": {"name": "里程"},
    });
    let id = server.create(card_with_both("MEMBER_CARD", json!({}), beside));
    let code = server.claim(&id, HOLDER);
    (id, code)
}

/// As [`member`], but the code is active and has the number `AAA001`, 100 points and 5 yuan.
fn active_member(server: &TestServer) -> (String, String) {
    let (id, code) = member(server);
    let body = json!({
        "card_id": id, "code": code, "membership_number": "AAA001", "init_bonus": 100, "init_balance": 500,
    });
    server.ok("/card/membercard/activate", body);
    (id, code)
}

/// The reply of `userinfo/get`.
fn userinfo(server: &TestServer, id: &str, code: &str) -> Value {
    server.ok("/card/membercard/userinfo/get", json!({"card_id": id, "code": code}))
}

/// States in which `activate` and `updateuser` refuse a code, each with such a code and the errcode.
fn lost_codes(server: &TestServer) -> Vec<(&'static str, String, ErrCode)> {
    let lost = |after: &dyn Fn(&str)| {
        let (_, code) = active_member(server);
        after(&code);
        code
    };
    let gifting = lost(&|code| drop(server.ok("/wallet/v1/gift", json!({"code": code, "openid": HOLDER}))));
    vec![
        (
            "UNAVAILABLE",
            lost(&|code| drop(server.ok("/card/code/unavailable", json!({"code": code})))),
            ErrCode::InvalidUserCardStatus,
        ),
        (
            "DELETE",
            lost(&|code| drop(server.ok("/wallet/v1/delete", json!({"code": code, "openid": HOLDER})))),
            ErrCode::InvalidUserCardStatus,
        ),
        ("GIFTING", gifting, ErrCode::InvalidUserCardStatus),
        ("GIFT_SUCC", lost(&|code| drop(server.give(code, HOLDER, "oFriend"))), ErrCode::InvalidSerialCode),
    ]
}
