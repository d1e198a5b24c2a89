//! `POST /kaquan/v1/upstream/delete`: removes the original host of the app.

use crate::support::*;

const PATH: &str = "/kaquan/v1/upstream/delete";

#[test]
fn after_it_other_calls_are_refused_again_and_nothing_is_left() {
    let (server, original) = (TestServer::start(), Original::start());
    server.ok(PATH, json!({}));
    let set = json!({"url": original.url, "appid": REAL_APPID, "secret": REAL_SECRET});
    server.ok("/kaquan/v1/upstream/set", set);
    server.ok_as(&server.second_app(), PATH, json!({}));
    let target = format!("/cgi-bin/user/info?access_token={}", server.token());
    assert_eq!(server.send("GET", &target, &[], b"").json()["errcode"], 0);
    server.ok(PATH, json!({}));
    assert_eq!(server.send("GET", &target, &[], b"").json()["errcode"], 48001);
    assert_eq!((server.store.upstreams().unwrap(), original.calls().len()), (vec![], 1));
}
