//! A shop's membership: a QR code at the till leads to the form, the member charges the card, pays from its balance, and
//! the shop's books follow from the events.

use super::{changes, event, has};
use crate::support::*;

#[test]
fn a_member_charges_the_card_and_pays_with_it() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    server.push_to(&receiver);
    let rule = json!({"cost_money_unit": 100, "increase_bonus": 1, "init_increase_bonus": 20});
    let beside = json!({"supply_balance": true, "supply_bonus": true, "bonus_rule": rule});
    let card_id = server.create_with_form(beside, member_form());
    let store = server.add_store("艺苑路店");

    // The poster's QR code, and the form behind it.
    let qr = json!({"action_name": "QR_CARD", "action_info": {"card": {"card_id": card_id, "outer_str": "till 1"}}});
    assert!(server.ok("/card/qrcode/create", qr)["ticket"].is_string());
    let mut form = merged(json!({"card_id": card_id, "openid": "oMei"}), member_answers());
    form["outer_str"] = "till 1".into();
    let code = server.ok("/wallet/v1/activate/submit", form)["code"].as_str().expect("a code").to_owned();
    has(&event(&receiver, "user_get_card", &code), &[("OuterStr", "till 1"), ("FromUserName", "oMei")]);
    event(&receiver, "submit_membercard_user_info", &code);
    let who = server.ok("/card/membercard/userinfo/get", json!({"card_id": card_id, "code": code}));
    assert_eq!((&who["has_active"], &who["bonus"]), (&json!(true), &json!(20)), "{who}");

    // The clerk looks the code up, takes ¥200 and gives ¥220. A retry repeats the new total, not the difference.
    assert_eq!(server.ok("/card/code/get", json!({"code": code}))["card"]["balance"], 0);
    for _ in 0..2 {
        let charge =
            json!({"code": code, "card_id": card_id, "balance": 22_000, "record_balance": "充值200送20"});
        assert_eq!(server.ok("/card/membercard/updateuser", charge)["result_balance"], 22_000);
    }

    // A purchase of ¥35.50 from the balance, with points for it.
    let pay =
        json!({"code": code, "fee": 3550, "original_fee": 3550, "location_id": store, "out_trade_no": "N7"});
    server.ok("/wallet/v1/pay", pay);
    let spend = json!({"code": code, "card_id": card_id, "add_balance": -3550, "record_balance": "消费35.5元",
        "add_bonus": 35, "record_bonus": "消费积分", "notify_optional": {"is_notify_bonus": true}});
    let spent = server.ok("/card/membercard/updateuser", spend);
    assert_eq!((&spent["result_balance"], &spent["result_bonus"]), (&json!(18_450), &json!(55)));

    // The books: the sums of all changes are what the member has.
    let booked = changes(&receiver, &code, 2);
    let sums = booked.iter().fold((0, 0), |sum, change| (sum.0 + change.0, sum.1 + change.1));
    assert_eq!(sums.1, 18_450, "{booked:?}");
    let paid = event(&receiver, "user_pay_from_pay_cell", &code);
    has(&paid, &[("Fee", "3550"), ("LocationId", &store.to_string())]);
    let over = json!({"code": code, "card_id": card_id, "add_balance": -18_451});
    assert_eq!(server.post("/card/membercard/updateuser", over)["errcode"], 45023);
    let got = server.ok("/card/code/get", json!({"code": code}));
    assert_eq!((&got["card"]["balance"], &got["card"]["bonus"]), (&json!(18_450), &json!(55)));
}
