//! Addresses to which events must not be sent: those of this machine and its network, unless the server allows them.

use crate::support::server::Start;
use crate::support::*;

fn guarded() -> TestServer {
    Start { push_private: false, ..Start::default() }.start()
}

#[test]
fn local_addresses_are_refused_in_every_notation() {
    let server = guarded();
    let receiver = Receiver::start();
    let port = receiver.url.rsplit_once(':').unwrap().1;
    for host in ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]"]
    {
        let url = format!("http://{host}:{port}");
        let reason =
            server.expect_errcode("/kaquan/v1/callback/set", json!({"url": url, "token": "token"}), 40097);
        assert!(reason.contains("not a public address") || reason.contains("lookup"), "{url}: {reason}");
    }
    for host in ["10.0.0.1", "192.168.1.1", "169.254.169.254", "[fe80::1]"] {
        let body = json!({"url": format!("http://{host}/"), "token": "token"});
        assert!(
            server.expect_errcode("/kaquan/v1/callback/set", body, 40097).contains("not a public address")
        );
    }
    assert_eq!(receiver.events().len(), 0);
}

#[test]
fn an_address_that_was_set_before_is_checked_at_every_push() {
    let server = guarded();
    let receiver = Receiver::start();
    let app = server.app.id;
    let row = server.store.app_by_appid(&server.app.appid).unwrap().unwrap();
    let wanted = kaquan_server::push::settings::CallbackChange {
        url: Some(receiver.url.clone()),
        token: Some("token".to_owned()),
        ..Default::default()
    };
    let callback = wanted.callback(&row, None, kaquan_core::time::Timestamp(server.now())).unwrap();
    server.store.set_callback(&callback).unwrap();
    server.wake_push();
    server.create(card("GROUPON"));
    server.wait_until("pending", 1);
    let outcome = server.event(&json!(2))["attempts"][0]["outcome"].clone();
    assert!(outcome.as_str().unwrap().contains("not a public address"), "{outcome}");
    assert_eq!(
        (receiver.events().len(), server.store.attempts(app, kaquan_core::id::EventSeq(2)).unwrap().len()),
        (0, 1)
    );
}

#[test]
fn a_redirect_is_reported_and_not_followed() {
    let server = TestServer::start();
    let (moved, inner) = (Receiver::start(), Receiver::start());
    server.set_callback(json!({"url": moved.url, "token": "token", "policy": "wechat"}));
    let to = inner.url.clone();
    moved.answer(move |_| Reply::Redirect(to.clone()));
    server.create(card("GROUPON"));
    server.wait_until("parked", 1);
    let outcome = server.event(&json!(2))["attempts"][0]["outcome"].clone();
    assert!(outcome.as_str().unwrap().contains(&inner.url), "{outcome}");
    assert_eq!(inner.events().len(), 0);
}
