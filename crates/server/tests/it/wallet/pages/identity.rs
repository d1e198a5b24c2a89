//! Who a holder is: pretending in a sandbox, links signed by the merchant, and WeChat's web authorization.

use super::holder;
use crate::support::page::encoded;
use crate::support::*;
use kaquan_core::identity::{Identity, SetIdentity};
use kaquan_server::wallet::pages::identity::signed_link::sign;

const SECRET: &str = "0123456789abcdef0123";

fn choose(server: &TestServer, identity: Identity) {
    server.submit(SetIdentity(identity)).expect("chosen");
}

#[test]
fn a_server_that_is_no_sandbox_lets_nobody_pretend() {
    let server = Start { pretend: false, ..Start::default() }.start();
    let appid = &server.app.appid;
    let ask = server.surfer().get(&format!("/w/{appid}/who?next=/w/x"));
    assert!(ask.status == 403 && ask.text().contains("merchant&#39;s own app"), "{}", ask.text());
    let told = server.surfer().send("POST", &format!("/w/{appid}/who"), &encoded(&[("openid", "oMei")]));
    assert_eq!(told.status, 403);
    choose(&server, Identity::Pretend);
    let told = server.surfer().send("POST", &format!("/w/{appid}/who"), &encoded(&[("openid", "oMei")]));
    assert_eq!(told.status, 403, "also where it was chosen");
}

#[test]
fn whoever_pretends_may_be_somebody_else_later() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let cards = format!("/w/{}/cards", server.app.appid);
    assert!(mei.page(&cards).contains("oMei"));
    mei.get(&format!("/w/{}/leave", server.app.appid));
    assert_eq!(mei.get(&cards).status, 303);
    let who = format!("/w/{}/who", server.app.appid);
    assert_eq!(mei.send("POST", &who, &encoded(&[("other", "o p")])).status, 422);
    let other = server.second_app();
    assert_eq!(mei.get(&format!("/w/{}/cards", other.appid)).status, 303, "each app asks for itself");
}

#[test]
fn a_signed_link_lets_its_holder_in_until_it_is_over() {
    let server = TestServer::start();
    choose(
        &server,
        Identity::SignedLink { secret: SECRET.into(), entry_url: "https://shop.example/in?a=1".into() },
    );
    let appid = server.app.appid.clone();
    let next = format!("/w/{appid}/cards");
    let link = |openid: &str, expires: i64, signed_as: &str| {
        let sign = sign(SECRET, signed_as, expires, &next).unwrap();
        let query = encoded(&[
            ("openid", openid),
            ("expires", &expires.to_string()),
            ("next", &next),
            ("sign", &sign),
        ]);
        format!("/w/{appid}/in?{query}")
    };
    let soon = server.now() + 300;
    let mei = server.surfer();
    let entered = mei.get(&link("oMei", soon, "oMei"));
    assert_eq!((entered.status, entered.header("location")), (303, Some(next.as_str())));
    assert!(mei.page(&next).contains("oMei"));
    for (wrong, why) in [
        (link("oLi", soon, "oMei"), "another holder"),
        (link("oMei", server.now() - 1, "oMei"), "over"),
        (link("oMei", server.now() + 90_000, "oMei"), "good for too long"),
        (format!("/w/{appid}/in?openid=oMei&expires={soon}&next=&sign="), "no signature"),
    ] {
        assert_eq!(server.surfer().get(&wrong).status, 403, "{why}");
    }
    let away = server.surfer().get(&next);
    let asked = server.surfer().get(away.header("location").unwrap());
    let to = asked.header("location").unwrap();
    assert!(to.starts_with("https://shop.example/in?a=1&next=http%3A%2F%2F"), "{to}");
    let pretended = server.surfer().send("POST", &format!("/w/{appid}/who"), &encoded(&[("openid", "oMei")]));
    assert_eq!(pretended.status, 403, "nobody pretends where links are signed");
}

#[test]
fn wechats_web_authorization_tells_who_the_holder_is() {
    let server = TestServer::start();
    // WeChat's two endpoints: the page, which is only led to, and the API, which answers for a code.
    let told = |body: &str| Reply::Http(200, body.to_owned());
    let wechat =
        Receiver::answering(move |got| match ["code", "appid", "secret"].map(|key| got.query(key)) {
            [Some("GOOD"), Some("wxoauth"), Some("s3")] => {
                told(r#"{"access_token":"A","expires_in":7200,"openid":"oFromWechat","scope":"snsapi_base"}"#)
            }
            _ => told(r#"{"errcode":40029,"errmsg":"invalid code"}"#),
        });
    choose(
        &server,
        Identity::Oauth {
            appid: "wxoauth".into(),
            secret: "s3".into(),
            authorize_url: "https://open.weixin.qq.com/connect/oauth2/authorize".into(),
            api_url: wechat.url.trim_end_matches('/').to_owned(),
        },
    );
    let cards = format!("/w/{}/cards", server.app.appid);
    let mei = server.surfer();
    let who = mei.get(&cards).header("location").unwrap().to_owned();
    let to = mei.get(&who).header("location").unwrap().to_owned();
    assert!(
        to.starts_with(
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxoauth&redirect_uri=http%3A%2F%2F"
        ),
        "{to}"
    );
    assert!(
        to.contains("&response_type=code&scope=snsapi_base&state=") && to.ends_with("#wechat_redirect"),
        "{to}"
    );
    let state = to.split("state=").nth(1).unwrap().split('#').next().unwrap();
    let back = |code: &str| format!("/w/{}/oauth?code={code}&state={state}", server.app.appid);
    assert_eq!(mei.get(&back("BAD")).status, 403);
    assert_eq!(server.surfer().get(&back("GOOD")).status, 403, "another browser did not go there");
    let entered = mei.get(&back("GOOD"));
    assert_eq!((entered.status, entered.header("location")), (303, Some(cards.as_str())));
    assert!(mei.page(&cards).contains("oFromWechat"));
    server.clock.advance(601);
    assert_eq!(mei.get(&back("GOOD")).status, 403, "the way back is over");
}
