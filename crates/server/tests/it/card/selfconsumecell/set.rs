//! `POST /card/selfconsumecell/set`: switches self-service consume on and off. WeChat manual: "管理卡券" (manage cards).

use crate::support::*;

const PATH: &str = "/card/selfconsumecell/set";

#[test]
fn an_open_cell_lets_holders_consume() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    let consume = json!({"openid": "oA", "code": code});
    server.expect_errcode("/wallet/v1/selfconsume", consume.clone(), 45030);
    let body = json!({"card_id": id, "is_open": true, "need_verify_cod": false, "need_remark_amount": false});
    assert_eq!(server.post(PATH, body), json!({"errcode": 0, "errmsg": "ok"}));
    server.ok(PATH, json!({"card_id": id}));
    server.expect_errcode("/wallet/v1/selfconsume", consume.clone(), 45030);
    server.ok(PATH, json!({"card_id": id, "is_open": true}));
    server.ok("/wallet/v1/selfconsume", consume);
}

#[test]
fn no_shop_is_needed_and_the_other_entries_exclude_it() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"use_all_locations": true})));
    server.ok("/card/paycell/set", json!({"card_id": id}));
    server.expect_errcode(PATH, json!({"card_id": id, "is_open": true}), 45046);
    server.ok("/card/paycell/set", json!({"card_id": id, "is_open": false}));
    server.ok(PATH, json!({"card_id": id, "is_open": true}));
    let button = json!({"card_id": id, "groupon": {"base_info": {"center_url": "https://shop.example"}}});
    server.expect_errcode("/card/update", button, 45046);
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"center_title": "立即使用"})));
    server.expect_errcode(PATH, json!({"is_open": true}), 41012);
    server.expect_errcode(PATH, json!({"card_id": "pNowhere", "is_open": true}), 40073);
    server.expect_errcode(PATH, json!({"card_id": id, "is_open": [1]}), 47001);
    server.expect_errcode(PATH, json!({"card_id": id, "is_open": true}), 45046);
    server.ok("/card/delete", json!({"card_id": id}));
    server.expect_errcode(PATH, json!({"card_id": id, "is_open": true}), 40078);
}
