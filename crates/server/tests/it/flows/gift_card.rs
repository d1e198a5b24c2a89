//! A supermarket's gift card with codes of its own: deposited, claimed, given to a friend, charged, spent with the code of
//! the moment, and used up.

use super::{changes, event, has};
use crate::support::*;

fn totals(server: &TestServer, card_id: &str, code: &str) -> (Value, Value) {
    let got = server.ok("/card/code/get", json!({"card_id": card_id, "code": code, "check_consume": false}));
    (got["card"]["balance"].clone(), got["user_card_status"].clone())
}

#[test]
fn a_gift_card_is_given_charged_and_spent() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    server.push_to(&receiver);
    let base = json!({
        "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT", "sku": {"quantity": 0},
        "get_limit": 0, "can_give_friend": true, "max_give_friend_times": 1, "use_dynamic_code": true,
        "date_info": {"type": "DATE_TYPE_PERMANENT"},
    });
    let beside = json!({"sub_card_type": "GIFT_CARD", "supply_balance": true, "init_balance": 10_000.0,
        "auto_activate": true, "prerogative": "全场通用"});
    let card_id = server.create(card_with_both("GENERAL_CARD", base, beside));
    let codes = ["6001", "6002"];
    assert_eq!(
        server.ok("/card/code/deposit", json!({"card_id": card_id, "code": codes}))["succ_code"],
        json!(codes)
    );
    let count = server.ok("/card/code/getdepositcount", json!({"card_id": card_id}));
    assert_eq!(count["count"], 2);
    server.ok("/card/modifystock", json!({"card_id": card_id, "increase_stock_value": 2}));

    // The buyer gets the card and gives it on; the friend cannot give it a second time.
    let bought = server.claim(&card_id, "oMei");
    has(&event(&receiver, "user_get_card", &bought), &[("FromUserName", "oMei"), ("IsGiveByFriend", "0")]);
    let by_card = |openid: &str, code: &str| json!({"card_id": card_id, "code": code, "openid": openid});
    server.ok("/wallet/v1/gift", merged(by_card("oMei", &bought), json!({"friend_openid": "oLi"})));
    let accepted = server.ok("/wallet/v1/gift/accept", by_card("oLi", &bought));
    let code = accepted["code"].as_str().expect("a code").to_owned();
    has(&event(&receiver, "user_gifting_card", &bought), &[("FriendUserName", "oLi")]);
    assert_eq!(totals(&server, &card_id, &code), (json!(10_000), json!("NORMAL")));
    assert_eq!(server.post("/wallet/v1/gift", by_card("oLi", &code))["errcode"], 40127);

    // The cashier charges the card by its number, and takes a purchase by the code of the moment.
    let change = |code: &str, balance: i64, record: &str| json!({"card_id": card_id, "code": code, "balance": balance, "record_balance": record});
    server.ok("/card/generalcard/updateuser", change(&code, 15_000, "充值50元"));
    let moment = server.ok("/wallet/v1/dynamic_code", by_card("oLi", &code))["dynamic_code"].clone();
    let moment = moment.as_str().expect("digits");
    let found = server.ok("/card/code/get", json!({"code": moment}));
    assert_eq!((&found["card"]["code"], &found["card"]["balance"]), (&json!(code), &json!(15_000)));
    server.ok(
        "/card/generalcard/updateuser",
        json!({"code": moment, "balance": 2_500, "record_balance": "购物"}),
    );
    assert_eq!(totals(&server, &card_id, &code).0, 2_500);
    let booked: i64 = changes(&receiver, &code, 2).iter().map(|(_, balance)| balance).sum();
    assert_eq!(booked, 2_500 - 10_000, "charged by 50 and spent 125 yuan");

    // The rest is paid out, and the card is used up once.
    server.ok("/card/code/consume", json!({"card_id": card_id, "code": code}));
    event(&receiver, "user_consume_card", &code);
    assert_eq!(totals(&server, &card_id, &code).1, "CONSUMED");
    assert_eq!(
        server.post("/card/code/consume", json!({"card_id": card_id, "code": code}))["errcode"],
        40099
    );
    assert_eq!(server.post("/card/generalcard/updateuser", change(&code, 1, "x"))["errcode"], 40099);
}
