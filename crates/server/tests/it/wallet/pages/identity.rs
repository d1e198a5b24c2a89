//! The identity of a holder: chosen in sandbox mode, from a link that the merchant signed, or from WeChat's web
//! authorization.

use super::holder;
use crate::support::page::{Surfer, encoded};
use crate::support::*;
use kaquan_core::identity::{Identity, SetIdentity};
use kaquan_server::signed_link::sign;

const SECRET: &str = "0123456789abcdef0123";

fn choose(server: &TestServer, identity: Identity) {
    server.submit(SetIdentity(identity)).expect("chosen");
}

#[test]
fn a_server_without_sandbox_refuses_chosen_identities() {
    let server = Start { sandbox: false, ..Start::default() }.start();
    let appid = &server.app.appid;
    let ask = server.surfer().get(&format!("/w/{appid}/who?next=/w/x"));
    assert!(ask.status == 403 && ask.text().contains("merchant&#39;s own app"), "{}", ask.text());
    let reply = server.surfer().send("POST", &format!("/w/{appid}/who"), &encoded(&[("openid", "oMei")]));
    assert_eq!(reply.status, 403);
    choose(&server, Identity::Pretend);
    let reply = server.surfer().send("POST", &format!("/w/{appid}/who"), &encoded(&[("openid", "oMei")]));
    assert_eq!(reply.status, 403, "also where it was chosen");
}

#[test]
fn a_sandbox_visitor_leaves_and_is_asked_for_an_identity_again() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let cards = format!("/w/{}/cards", server.app.appid);
    assert!(mei.page(&cards).contains("oMei"));
    mei.submit(&cards, &format!("/w/{}/leave", server.app.appid), &[]);
    assert_eq!(mei.get(&cards).status, 303);
    let who = format!("/w/{}/who", server.app.appid);
    assert_eq!(mei.submit(&who, &who, &[("other", "o p")]).status, 422);
    assert_eq!(mei.send("POST", &who, &encoded(&[("other", "oLi")])).status, 403, "a form of another site");
    let other = server.second_app();
    assert_eq!(mei.get(&format!("/w/{}/cards", other.appid)).status, 303, "each app asks for itself");
}

#[test]
fn a_signed_link_identifies_its_holder_until_it_expires() {
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
    assert_eq!(pretended.status, 403, "a visitor cannot choose an identity where links are signed");
}

#[test]
fn wechats_web_authorization_identifies_the_holder() {
    let server = TestServer::start();
    // WeChat's two endpoints: the page, to which a browser is only redirected, and the API, which answers for a code.
    let reply = |body: &str| Reply::Http(200, body.to_owned());
    let wechat =
        Receiver::answering(move |got| match ["code", "appid", "secret"].map(|key| got.query(key)) {
            [Some("GOOD"), Some("wxoauth"), Some("s3")] => reply(
                r#"{"access_token":"A","expires_in":7200,"openid":"oFromWechat","scope":"snsapi_base"}"#,
            ),
            _ => reply(r#"{"errcode":40029,"errmsg":"invalid code"}"#),
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
    assert_eq!(mei.get(&back("GOOD")).status, 403, "the redirect back has expired");
}

/// A holder who came through a link signed with this secret.
fn led_here<'a>(server: &'a TestServer, openid: &str, secret: &str) -> Surfer<'a> {
    let (appid, expires) = (&server.app.appid, server.now() + 300);
    let next = format!("/w/{appid}/cards");
    let sign = sign(secret, openid, expires, &next).unwrap();
    let expires = expires.to_string();
    let query = [("openid", openid), ("expires", &expires), ("next", &next), ("sign", &sign)];
    let surfer = server.surfer();
    assert_eq!(surfer.get(&format!("/w/{appid}/in?{}", encoded(&query))).status, 303);
    assert_eq!(surfer.get(&next).status, 200);
    surfer
}

fn link(secret: &str, entry_url: &str) -> Identity {
    Identity::SignedLink { secret: secret.into(), entry_url: entry_url.into() }
}

#[test]
fn a_session_of_the_sandbox_ends_with_the_sandbox() {
    let mut server = TestServer::start();
    let cards = format!("/w/{}/cards", server.app.appid);
    let name = format!("kaquan_holder_{}", server.app.appid);
    let pretended = holder(&server, "oMei").cookie(&name);
    choose(&server, link(SECRET, ""));
    let led = led_here(&server, "oMei", SECRET).cookie(&name);
    server.restart_as(Start { sandbox: false, ..Start::default() });
    for (cookie, why) in [(&pretended, "no provider vouched for it"), (&led, "the mode changed")] {
        let mei = server.surfer();
        mei.set_cookie(&name, cookie);
        assert_eq!(mei.get(&cards).status, 303, "{why}");
    }
    choose(&server, Identity::Pretend);
    let mei = server.surfer();
    mei.set_cookie(&name, &pretended);
    assert_eq!(mei.get(&cards).status, 303, "also where pretending was chosen");
}

#[test]
fn a_session_ends_when_another_provider_or_secret_is_set() {
    let server = TestServer::start();
    let cards = format!("/w/{}/cards", server.app.appid);
    let mei = holder(&server, "oMei");
    choose(&server, link(SECRET, ""));
    assert_eq!(mei.get(&cards).status, 303, "another provider");
    let mei = led_here(&server, "oMei", SECRET);
    choose(&server, link(SECRET, "https://shop.example/in"));
    assert_eq!(mei.get(&cards).status, 200, "the entry page identifies no holder");
    choose(&server, link("another secret, as long", ""));
    assert_eq!(mei.get(&cards).status, 303, "another secret");
    choose(&server, link(SECRET, ""));
    assert_eq!(mei.get(&cards).status, 303, "the old secret, set again");
}

#[test]
fn a_copied_cookie_is_refused_after_the_holder_leaves() {
    let mut server = TestServer::start();
    let cards = format!("/w/{}/cards", server.app.appid);
    let leave = format!("/w/{}/leave", server.app.appid);
    let name = format!("kaquan_holder_{}", server.app.appid);
    let mei = holder(&server, "oMei");
    let elsewhere = holder(&server, "oMei").cookie(&name);
    let copied = mei.cookie(&name);
    assert_ne!(mei.get(&leave).status, 303, "a link cannot make a holder leave");
    assert_eq!(mei.send("POST", &leave, "csrf=wrong").status, 403);
    assert_eq!(mei.get(&cards).status, 200);
    assert_eq!(mei.submit(&cards, &leave, &[]).status, 303);
    assert_eq!(mei.cookie(&name), "");
    let thief = |server: &TestServer, cookie: &str| {
        let surfer = server.surfer();
        surfer.set_cookie(&name, cookie);
        surfer.get(&cards).status
    };
    assert_eq!(thief(&server, &copied), 303);
    server.restart();
    assert_eq!(thief(&server, &copied), 303, "also after a restart");
    assert_eq!(thief(&server, &elsewhere), 200, "the holder's other browser goes on");
    server.pass_days(31);
    assert_eq!(thief(&server, &copied), 303, "it has expired before the record that ends it is dropped");
}

#[test]
fn the_way_back_from_wechat_ends_when_the_secret_changes() {
    let server = TestServer::start();
    let wechat = Receiver::answering(|_| Reply::Http(200, r#"{"openid":"oFromWechat"}"#.to_owned()));
    let oauth = |secret: &str| Identity::Oauth {
        appid: "wxoauth".into(),
        secret: secret.into(),
        authorize_url: "https://open.weixin.qq.com/connect/oauth2/authorize".into(),
        api_url: wechat.url.trim_end_matches('/').to_owned(),
    };
    choose(&server, oauth("s3"));
    let mei = server.surfer();
    let way = |mei: &Surfer<'_>| {
        let to = mei.get(&format!("/w/{}/who", server.app.appid)).header("location").unwrap().to_owned();
        let state = to.split("state=").nth(1).unwrap().split('#').next().unwrap().to_owned();
        format!("/w/{}/oauth?code=GOOD&state={state}", server.app.appid)
    };
    let back = way(&mei);
    choose(&server, oauth("s4"));
    assert_eq!(mei.get(&back).status, 403);
    assert_eq!(mei.get(&way(&mei)).status, 303);
}
