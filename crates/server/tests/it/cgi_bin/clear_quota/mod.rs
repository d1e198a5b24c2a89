//! `POST /cgi-bin/clear_quota`: checks its caller and changes nothing. WeChat manual: "重置 API 调用次数" (reset
//! the number of calls).

mod v2;

use crate::support::*;

#[test]
fn a_quota_is_cleared_for_the_app_of_the_token_only() {
    let server = TestServer::start();
    let appid = server.app.appid.clone();
    let reply = server.ok("/cgi-bin/clear_quota", json!({"appid": appid}));
    assert_eq!(reply, json!({"errcode": 0, "errmsg": "ok"}));
    server.expect_errcode("/cgi-bin/clear_quota", json!({}), 41002);
    let other = server.second_app();
    server.expect_errcode("/cgi-bin/clear_quota", json!({"appid": other.appid}), 40013);
}
