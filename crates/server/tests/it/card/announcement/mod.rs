//! `/card/announcement`: announcements to the holders of member cards. WeChat manual: "会员卡公告" (announcements on
//! member cards).

mod send;
mod update;

use crate::support::*;

/// A member card and the code of its active member `oMei`.
fn member(server: &TestServer) -> (String, String) {
    let card_id = server.create(card("MEMBER_CARD"));
    let code = server.claim(&card_id, "oMei");
    server.ok("/card/membercard/activate", json!({"code": code, "membership_number": "1"}));
    (card_id, code)
}

/// An announcement that ends after one day.
fn announcement(server: &TestServer, card_id: &str, code: &str) -> Value {
    json!({"code": code, "card_id": card_id, "end_time": server.now() + 86_400, "text": "店庆双倍积分"})
}

/// Sends an announcement, and returns its `create_time`.
fn sent(server: &TestServer, body: Value) -> i64 {
    server.ok("/card/announcement/send", body)["create_time"].as_i64().expect("a number")
}

/// The announcements that the holder's phone shows.
fn shown(server: &TestServer, code: &str) -> Value {
    server.ok("/wallet/v1/get", json!({"code": code, "openid": "oMei"}))["announcements"].take()
}
