//! `POST /card/paycell/set`: switches pay at the till on and off. WeChat manual: "管理卡券" (manage cards).

use crate::support::*;

const PATH: &str = "/card/paycell/set";

#[test]
fn an_open_cell_lets_holders_pay_with_a_coupon() {
    let server = TestServer::start();
    let id = server.create(card_with("CASH", json!({"location_id_list": [33788392]})));
    let code = server.claim(&id, "oA");
    server.expect_errcode("/wallet/v1/pay", json!({"code": code, "fee": 1}), 45030);
    assert_eq!(server.post(PATH, json!({"card_id": id})), json!({"errcode": 0, "errmsg": "ok"}));
    server.ok(
        "/wallet/v1/pay",
        json!({"code": code, "fee": 900, "original_fee": 1000, "trans_id": "10022403"}),
    );
    assert_eq!(server.state(&code).0, "CONSUMED");
    server.ok(PATH, json!({"card_id": id, "is_open": false}));
    let another = server.claim(&id, "oA");
    server.expect_errcode("/wallet/v1/pay", json!({"code": another, "fee": 1}), 45030);
}

#[test]
fn a_centre_button_and_the_cell_exclude_each_other() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"use_all_locations": true})));
    server.ok(PATH, json!({"card_id": id, "is_open": "true"}));
    let button = json!({"card_id": id, "groupon": {"base_info": {"center_title": "立即使用"}}});
    server.expect_errcode("/card/update", button.clone(), 40145);
    server.ok(PATH, json!({"card_id": id, "is_open": false}));
    server.ok("/card/update", button);
    server.expect_errcode(PATH, json!({"card_id": id}), 45046);
    server.ok(PATH, json!({"card_id": id, "is_open": false}));
}

#[test]
fn every_refusal_has_its_errcode() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.expect_errcode(PATH, json!({"is_open": true}), 41012);
    server.expect_errcode(PATH, json!({"card_id": "pNowhere"}), 40073);
    server.expect_errcode(PATH, json!({"card_id": id, "is_open": "perhaps"}), 47001);
    server.expect_errcode(PATH, json!({"card_id": id, "is_open": true}), 43017);
    server.ok("/card/selfconsumecell/set", json!({"card_id": id, "is_open": true}));
    server.update_base(&id, "GROUPON", json!({"location_id_list": "1,2"}));
    server.expect_errcode(PATH, json!({"card_id": id, "is_open": true}), 45046);
    server.ok("/card/delete", json!({"card_id": id}));
    server.expect_errcode(PATH, json!({"card_id": id, "is_open": true}), 40078);
}

#[test]
fn paycell_set_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"center_title": "立即使用"})));
    server.expect_errcode(PATH, json!({"card_id": id}), 43017);
    server.ok("/card/delete", json!({"card_id": id}));
    server.expect_errcode(PATH, json!({"card_id": id}), 40078);
}
