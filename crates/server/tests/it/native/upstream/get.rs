//! `POST /kaquan/v1/upstream/get`: shows the original host of the app, without secrets.

use crate::support::*;

const PATH: &str = "/kaquan/v1/upstream/get";

#[test]
fn it_shows_the_settings_of_the_own_app_and_no_secret() {
    let server = TestServer::start();
    assert_eq!(server.ok(PATH, json!({})), json!({"errcode": 0, "errmsg": "ok", "url": ""}));
    let set = json!({
        "appid": REAL_APPID, "secret": REAL_SECRET, "token_url": "https://shop.example/token?password=pw-1",
    });
    server.ok("/kaquan/v1/upstream/set", set);
    let shown = server.ok(PATH, json!({}));
    assert_has(
        &shown,
        &json!({"appid": REAL_APPID, "has_secret": true, "token_url": "https://shop.example"}),
        "get",
    );
    assert!(!shown.to_string().contains(REAL_SECRET) && !shown.to_string().contains("pw-1"));
    assert_eq!(server.ok_as(&server.second_app(), PATH, json!({}))["url"], "");
}
