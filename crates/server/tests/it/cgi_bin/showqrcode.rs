//! `GET /cgi-bin/showqrcode`: the picture of a QR code, or a 404 for an expired or unknown ticket.
//! WeChat manual: "投放卡券" (distribute cards), QR codes.

use crate::support::*;

fn ticket(server: &TestServer, expire_seconds: i64) -> Value {
    let id = server.create(card("GROUPON"));
    let card = json!({"card_id": id});
    let body =
        json!({"action_name": "QR_CARD", "expire_seconds": expire_seconds, "action_info": {"card": card}});
    server.ok("/card/qrcode/create", body)
}

#[test]
fn the_address_of_the_reply_shows_a_picture_without_a_token() {
    let server = TestServer::start();
    let reply = ticket(&server, 1800);
    let address = reply["show_qrcode_url"].as_str().unwrap();
    let target = address.strip_prefix(&format!("http://{}", server.address())).unwrap();
    let response = server.send("GET", target, &[], b"");
    assert_eq!((response.status, response.header("content-type")), (200, Some("image/png")));
    assert_eq!(read_qr(&response.body), reply["url"].as_str().unwrap());
}

#[test]
fn a_qr_reader_reads_the_link_of_a_code_as_long_as_they_come() {
    let server = TestServer::start();
    let cards: Vec<Value> = (0..5)
        .map(|_| server.create(card("GROUPON")))
        .map(|id| json!({"card_id": id, "openid": "o".repeat(28), "outer_str": "s".repeat(128)}))
        .collect();
    let body =
        json!({"action_name": "QR_MULTIPLE_CARD", "action_info": {"multiple_card": {"card_list": cards}}});
    let reply = server.ok("/card/qrcode/create", body);
    let target = format!("/cgi-bin/showqrcode?ticket={}", reply["ticket"].as_str().unwrap());
    assert_eq!(read_qr(&server.send("GET", &target, &[], b"").body), reply["url"].as_str().unwrap());
}

#[test]
fn an_expired_or_unknown_ticket_is_a_404() {
    let server = TestServer::start();
    let text = ticket(&server, 60)["ticket"].as_str().unwrap().to_owned();
    let show =
        |ticket: &str| server.send("GET", &format!("/cgi-bin/showqrcode?ticket={ticket}"), &[], b"").status;
    server.clock.advance(59);
    assert_eq!(show(&text), 200);
    server.clock.advance(1);
    assert_eq!(show(&text), 404);
    for bad in ["", "x", "%E5%8D%A1", &text[1..], &"A".repeat(120)] {
        assert_eq!(show(bad), 404, "{bad}");
    }
    assert_eq!(server.send("GET", "/cgi-bin/showqrcode", &[], b"").status, 404);
}

#[test]
fn a_ticket_of_another_server_is_a_404() {
    let (server, other) = (TestServer::start(), TestServer::start());
    let text = ticket(&other, 1800)["ticket"].as_str().unwrap().to_owned();
    assert_eq!(server.send("GET", &format!("/cgi-bin/showqrcode?ticket={text}"), &[], b"").status, 404);
}
