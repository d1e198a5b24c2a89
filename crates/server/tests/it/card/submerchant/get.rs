//! `POST /card/submerchant/get`: one sub-merchant.

use super::{shown, submitted};
use crate::support::*;

const PATH: &str = "/card/submerchant/get";

#[test]
fn a_sub_merchant_is_found_by_its_number_also_as_text_and_expires() {
    let server = TestServer::start();
    let id = submitted(&server);
    let reply = server.ok(PATH, json!({"merchant_id": id.to_string()}));
    assert_eq!(reply["info"], shown(&server, id));
    server.clock.advance(31_536_001);
    assert_eq!(shown(&server, id)["status"], "EXPIRED");
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({}), 41011);
    server.expect_errcode(PATH, json!({"merchant_id": 1}), 40139);
    server.expect_errcode(PATH, json!({"merchant_id": "first"}), 47001);
    let other = server.second_app();
    let id = submitted(&server);
    server.expect_errcode_as(&other, PATH, json!({"merchant_id": id}), 40139);
}
