//! The life of custom codes, from the card to the till: named in the claim or imported earlier, given away, replaced
//! and consumed. WeChat manual: "投放卡券" (distribute cards) and "管理卡券" (manage cards).

use super::{FRIEND, HOLDER};
use crate::support::*;

#[test]
fn imported_codes_from_a_card_without_stock_to_the_till() {
    let server = TestServer::start();
    let id = server.create_deposit(&[]);
    assert_eq!(server.stock(&id), (0, 0));
    let card = |more: Value| {
        let mut body = more;
        body["card_id"] = id.clone().into();
        body
    };
    let claim = card(json!({"openid": HOLDER}));
    server.expect_errcode("/wallet/v1/claim", claim.clone(), 45031);
    server.expect_errcode("/card/modifystock", card(json!({"increase_stock_value": 1})), 40136);

    let codes = json!(["11111", "22222", "33333"]);
    let reply = server.ok("/card/code/deposit", card(json!({"code": codes})));
    assert_eq!((&reply["succ_code"], &reply["fail_code"]), (&codes, &json!([])));
    assert_eq!(server.ok("/card/code/getdepositcount", card(json!({})))["count"], 3);
    let reply = server.ok("/card/code/checkcode", card(json!({"code": ["44444", "33333", "11111"]})));
    assert_eq!(
        (&reply["exist_code"], &reply["not_exist_code"]),
        (&json!(["33333", "11111"]), &json!(["44444"]))
    );
    server.expect_errcode("/wallet/v1/claim", claim.clone(), 45031);

    server.expect_errcode("/card/modifystock", card(json!({"increase_stock_value": 4})), 40136);
    server.ok("/card/modifystock", card(json!({"increase_stock_value": 2})));
    assert_eq!(server.stock(&id), (2, 2));
    let code = server.claim(&id, HOLDER);
    assert_eq!(code, "11111");
    let named = |code: &str| card(json!({"code": code}));
    assert_eq!(server.ok("/card/code/get", named(&code))["openid"], HOLDER);
    server.expect_errcode("/card/code/get", named("22222"), 40056);

    // The friend has the same text. The merchant replaces the text, so that the giver cannot use a copy.
    server.ok("/wallet/v1/gift", card(json!({"code": code, "openid": HOLDER})));
    let given = server.ok("/wallet/v1/gift/accept", card(json!({"code": code, "openid": FRIEND})));
    assert_eq!(given["code"], code);
    server.ok("/card/code/update", card(json!({"code": code, "new_code": "new-1"})));
    server.expect_errcode("/card/code/consume", named(&code), 40056);
    let reply = server.post("/card/code/consume", named("new-1"));
    let expected = json!({"errcode": 0, "errmsg": "ok", "card": {"card_id": id}, "openid": FRIEND});
    assert_eq!(reply, expected);
    server.expect_errcode("/card/code/consume", named("new-1"), 40099);

    // Neither the gift nor the new text changes the number of imported codes. Neither text can be imported again.
    assert_eq!(server.ok("/card/code/getdepositcount", card(json!({})))["count"], 3);
    let again = server.ok("/card/code/deposit", card(json!({"code": ["11111", "new-1", "44444"]})));
    assert_eq!(
        (&again["duplicate_code"], &again["succ_code"]),
        (&json!(["11111", "new-1"]), &json!(["44444"]))
    );
    assert_eq!(server.stock(&id), (1, 2));
    assert_eq!(server.claim(&id, HOLDER), "22222");
    server.expect_errcode("/wallet/v1/claim", claim, 45031);
}

#[test]
fn codes_named_with_the_claim_from_the_card_to_the_till() {
    let server = TestServer::start();
    let id = server.create_custom();
    let named = |code: &str, mut more: Value| {
        more["code"] = code.into();
        more["card_id"] = id.clone().into();
        more
    };
    let nothing = || json!({});
    server.expect_errcode("/card/code/get", named("A-1", nothing()), 40056);
    server.expect_errcode("/wallet/v1/claim", json!({"card_id": id, "openid": HOLDER}), 41013);
    server.claim_code(&id, HOLDER, "A-1");
    server.expect_errcode("/wallet/v1/claim", named("A-1", json!({"openid": FRIEND})), 40056);
    // Codes can only be imported for cards with GET_CUSTOM_CODE_MODE_DEPOSIT.
    server.expect_errcode("/card/code/deposit", json!({"card_id": id, "code": ["A-2"]}), 40078);
    assert_eq!(server.ok("/card/code/getdepositcount", json!({"card_id": id}))["count"], 0);
    let checked = server.ok("/card/code/checkcode", json!({"card_id": id, "code": ["A-1"]}));
    assert_eq!((&checked["exist_code"], &checked["not_exist_code"]), (&json!([]), &json!(["A-1"])));

    server.ok("/wallet/v1/gift", named("A-1", json!({"openid": HOLDER, "friend_openid": FRIEND})));
    server.expect_errcode("/card/code/update", named("A-1", json!({"new_code": "B-1"})), 40127);
    server.ok("/wallet/v1/gift/accept", named("A-1", json!({"openid": FRIEND})));
    server.ok("/card/code/update", named("A-1", json!({"new_code": "B-1"})));
    let list =
        |openid: &str| server.ok("/card/user/getcardlist", json!({"openid": openid}))["card_list"].take();
    assert_eq!(list(HOLDER), json!([]));
    assert_eq!(list(FRIEND), json!([{"card_id": id, "code": "B-1"}]));
    server.expect_errcode("/card/code/consume", json!({"code": "B-1"}), 40056);
    assert_eq!(server.ok("/card/code/consume", named("B-1", nothing()))["openid"], FRIEND);
    server.expect_errcode("/wallet/v1/claim", named("A-1", json!({"openid": HOLDER})), 40056);
}
