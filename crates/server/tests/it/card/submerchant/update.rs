//! `POST /card/submerchant/update`: changes a sub-merchant, which goes back to review.

use super::{info, shown, submitted};
use crate::support::*;

const PATH: &str = "/card/submerchant/update";

#[test]
fn a_refused_sub_merchant_is_submitted_and_reviewed_again() {
    let server = TestServer::manual();
    let id = submitted(&server);
    server
        .ok("/kaquan/v1/submerchant/review", json!({"merchant_id": id, "pass": false, "reason": "资料不全"}));
    assert_eq!(shown(&server, id)["status"], "REJECTED");
    let created = server.now();
    server.clock.advance(60);
    let mut changed = info(&server);
    (changed["merchant_id"], changed["brand_name"]) = (json!(id.to_string()), json!("新分店"));
    let reply = server.ok(PATH, json!({"info": changed}))["info"].take();
    assert_eq!((&reply["status"], &reply["brand_name"]), (&json!("CHECKING"), &json!("新分店")));
    assert_eq!((&reply["create_time"], &reply["update_time"]), (&json!(created), &json!(created + 60)));
    server.ok("/kaquan/v1/submerchant/review", json!({"merchant_id": id, "pass": true}));
    assert_eq!(shown(&server, id)["status"], "APPROVED");
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::start();
    server.expect_errcode(PATH, json!({"info": info(&server)}), 41011);
    server.expect_errcode(PATH, json!({"info": {"merchant_id": 7}}), 40139);
    let id = submitted(&server);
    server.expect_errcode(PATH, json!({"info": {"merchant_id": id}}), 52019);
}
