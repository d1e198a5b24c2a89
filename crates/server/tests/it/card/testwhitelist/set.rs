//! `POST /card/testwhitelist/set`: the users who may claim cards that are not approved. WeChat manual: "投放卡券"
//! (distribute cards), test white list.

use crate::support::*;

const PATH: &str = "/card/testwhitelist/set";

#[test]
fn test_users_claim_cards_that_have_not_passed_review() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    let claim = |openid: &str| json!({"card_id": id, "openid": openid});
    let reply = server.post(PATH, json!({"openid": ["oTester"], "username": ["afdvvf", "abcd"]}));
    let expected = json!({
        "errcode": 0, "errmsg": "ok", "white_list_size": 3,
        "success_openid": ["oTester"], "success_username": ["afdvvf", "abcd"],
    });
    assert_eq!(reply, expected);
    server.expect_errcode("/wallet/v1/claim", claim("oA"), 40078);
    server.ok("/wallet/v1/claim", claim("oTester"));
    server.ok("/card/delete", json!({"card_id": id}));
    server.ok("/wallet/v1/claim", claim("oTester"));
}

#[test]
fn each_call_takes_the_place_of_the_one_before() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.ok(PATH, json!({"openid": ["oA"]}));
    let reply = server.ok(PATH, json!({"username": "abcd"}));
    assert_eq!((&reply["success_openid"], &reply["white_list_size"]), (&json!([]), &json!(1)));
    server.expect_errcode("/wallet/v1/claim", json!({"card_id": id, "openid": "oA"}), 40078);
    assert_eq!(server.ok(PATH, json!({}))["white_list_size"], 0);
}

#[test]
fn invalid_openids_are_left_out_and_an_eleventh_user_is_45019() {
    let server = TestServer::start();
    let reply = server.ok(PATH, json!({"openid": ["oA", "", "o B", "oA", "o".repeat(65)]}));
    assert_eq!(reply["success_openid"], json!(["oA"]));
    let many: Vec<String> = (0..6).map(|n| format!("o{n}")).collect();
    server.expect_errcode(PATH, json!({"openid": many, "username": many[..5]}), 45019);
    assert_eq!(server.ok(PATH, json!({"openid": many, "username": many[..4]}))["white_list_size"], 10);
    server.expect_errcode(PATH, json!({"openid": [[1]]}), 47001);
}
