//! A general card through several calls: created, claimed, given away, changed, consumed, and seen on pages.

use super::{HOLDER, active, claimed, gift_card, shown};
use crate::support::*;
use crate::wallet::pages::holder;
use kaquan_store::Role;

#[test]
fn a_general_card_comes_back_as_it_was_created() {
    let server = TestServer::start();
    let base =
        json!({"max_give_friend_times": 1, "giftcard_info": {"price": 500.0}, "need_push_on_view": true});
    let beside = json!({
        "sub_card_type": "GIFT_CARD", "prerogative": "可用于全部商品", "activate_url": "https://shop.example/a",
        "background_pic_url": "https://mmbiz.qlogo.cn/".to_owned() + &"a".repeat(134 - 23),
        "custom_field1": {"name": "次数", "url": ""}, "custom_cell1": {"name": "a", "tips": "b", "url": "https://c"},
    });
    let id = server.create(gift_card(base, beside.clone()));
    let section = server.section(&id);
    for (key, value) in beside.as_object().unwrap() {
        assert_eq!(&section[key], value, "{key}");
    }
    for (key, value) in [("supply_bonus", true), ("supply_balance", true), ("auto_activate", false)] {
        assert_eq!(section[key], value, "{key}");
    }
    assert_eq!((&section["init_balance"], &section["init_bonus"]), (&json!(10_000), &json!(5)));
    let base = server.base_info(&id);
    assert_eq!((&base["giftcard_info"]["price"], &base["max_give_friend_times"]), (&json!(500), &json!(1)));
    // A client may send back the whole section that `card/get` returned.
    server.ok("/card/update", json!({"card_id": id, "general_card": section}));
}

#[test]
fn a_card_with_custom_codes_and_without_stock_is_40150() {
    let server = TestServer::start();
    let body = |custom: bool| json!({"card": gift_card(json!({"use_custom_code": custom, "sku": {"quantity": 0}}), json!({}))});
    server.expect_errcode("/card/create", body(true), ErrCode::InvalidCardParameters);
    server.ok("/card/create", body(false));
}

#[test]
fn a_given_card_brings_its_balance_and_can_be_given_as_often_as_it_says() {
    let server = TestServer::start();
    let id = server.create(gift_card(json!({"max_give_friend_times": 2}), json!({})));
    let code = server.claim(&id, HOLDER);
    server.ok("/card/generalcard/activate", json!({"code": code, "card_number": "G001"}));
    server.ok(
        "/card/generalcard/updateuser",
        json!({"code": code, "balance": 300, "custom_field_value1": "a"}),
    );
    let second = server.give(&code, HOLDER, "oB");
    assert_eq!(shown(&server, &second), (second.clone(), 5, 300), "the number is that of the new code");
    server.expect_errcode("/card/code/get", json!({"code": code}), 40056);
    server.ok("/card/generalcard/updateuser", json!({"code": second, "balance": 200}));
    let third = server.give(&second, "oB", "oC");
    assert_eq!(shown(&server, &third), (third.clone(), 5, 200));
    server.expect_errcode("/wallet/v1/gift", json!({"code": third, "openid": "oC"}), 40127);
    let never = server.create(gift_card(json!({"max_give_friend_times": 0}), json!({})));
    let code = server.claim(&never, HOLDER);
    server.expect_errcode("/wallet/v1/gift", json!({"code": code, "openid": HOLDER}), 40127);
}

#[test]
fn a_custom_code_is_given_with_its_number() {
    let server = TestServer::start();
    let id = server.create(gift_card(json!({"use_custom_code": true}), json!({})));
    server.claim_code(&id, HOLDER, "G-1");
    let body = |more: Value| merged(json!({"code": "G-1", "card_id": id}), more);
    server.ok("/card/generalcard/activate", body(json!({"card_number": "N1"})));
    server.ok("/wallet/v1/gift", body(json!({"openid": HOLDER})));
    server.ok("/wallet/v1/gift/accept", body(json!({"openid": "oB"})));
    let shown = server.ok("/card/code/get", body(json!({})));
    assert_eq!((&shown["openid"], &shown["card"]["card_number"]), (&json!("oB"), &json!("N1")));
    assert_eq!(shown["card"]["balance"], 10_000);
}

#[test]
fn a_consume_ends_a_gift_card_and_a_voucher_and_not_a_campus_card() {
    let server = TestServer::start();
    for (kind, errcode) in [("GIFT_CARD", 0), ("VOUCHER", 0), ("CAMPUS_CARD", 40071)] {
        let beside = json!({"sub_card_type": kind, "supply_balance": false, "init_balance": null});
        let (_, code) = claimed(&server, json!({}), beside);
        let reply = server.post("/card/code/consume", json!({"code": code}));
        assert_eq!(reply["errcode"], errcode, "{kind}");
        let expected = if errcode == 0 { "CONSUMED" } else { "NORMAL" };
        assert_eq!(server.state(&code).0, expected, "{kind}");
    }
}

#[test]
fn calls_for_members_are_not_for_general_cards() {
    let server = TestServer::start();
    let (id, code) = active(&server);
    for (path, more) in [
        ("/card/membercard/userinfo/get", json!({})),
        ("/card/membercard/updateuser", json!({"add_bonus": 1})),
        ("/card/membercard/activate", json!({"membership_number": "1"})),
        ("/card/membercard/activate/geturl", json!({})),
        ("/card/membercard/activateuserform/set", member_form()),
    ] {
        let code = if path.ends_with("set") { Value::Null } else { json!(code) };
        server.expect_errcode(path, merged(json!({"card_id": id, "code": code}), more), 40071);
    }
}

#[test]
fn general_cards_count_in_the_account_totals_and_in_no_other_report() {
    let server = TestServer::start();
    let (id, code) = active(&server);
    server.ok("/card/generalcard/updateuser", json!({"code": code, "balance": 1}));
    server.consume(&code);
    let day = server.date(0);
    server.pass_days(1);
    server.close_days();
    let range = json!({"begin_date": day, "end_date": day, "cond_source": 1});
    let totals = server.post("/datacube/getcardbizuininfo", range.clone());
    let row = &totals["list"][0];
    assert_eq!((&row["receive_cnt"], &row["verify_cnt"]), (&json!(1), &json!(1)), "{totals}");
    for path in ["getcardcardinfo", "getcardmembercardinfo"] {
        let reply = server.post(&format!("/datacube/{path}"), merged(range.clone(), json!({"card_id": id})));
        assert_eq!(reply["list"], json!([]), "{path}: {reply}");
    }
}

#[test]
fn the_holders_page_shows_the_card_and_its_possible_actions() {
    let server = TestServer::start();
    let gifted = holder(&server, HOLDER);
    let url = json!({"activate_url": "https://shop.example/activate", "custom_field1": {"name": "门店"}});
    let (id, code) = claimed(&server, json!({}), url);
    let page = || gifted.page(&format!("/w/{}/codes/{code}", server.app.appid));
    let before = page();
    for text in ["Card number", &code, "<dd>¥100.00</dd>", "<dd>5</dd>", "Give it to a friend"] {
        assert!(before.contains(text), "{text}: {before}");
    }
    let link = before.split("href=\"https://shop.example/activate?encrypt_code=").nth(1).expect("a link");
    assert!(link.split('"').next().unwrap().ends_with(&format!("card_id={id}")), "{link}");
    server.ok("/card/generalcard/activate", json!({"code": code, "card_number": "G001"}));
    let change = json!({"code": code, "balance": 1, "custom_field_value1": "一店", "can_give_friend": false});
    server.ok("/card/generalcard/updateuser", change);
    let after = page();
    for text in ["<dd>G001</dd>", "<dd>¥0.01</dd>", "<dt>门店</dt><dd>一店</dd>"] {
        assert!(after.contains(text), "{text}: {after}");
    }
    assert!(!after.contains("Give it to a friend") && !after.contains("shop.example/activate"), "{after}");
}

#[test]
fn the_console_shows_a_general_card_and_changes_points_and_balance() {
    let server = TestServer::start();
    let (_, code) = active(&server);
    let operator = server.signed_in(Role::Operator);
    let page = operator.app_path(&format!("codes/{code}"));
    assert!(operator.page(&page).contains("<dd>G001</dd>"));
    let change = [("act", "adjust"), ("add_bonus", "2"), ("add_balance", "-1.50"), ("why", "咖啡")];
    assert_eq!(operator.submit(&page, &page, &change).status, 303);
    assert_eq!(shown(&server, &code), ("G001".to_owned(), 7, 9_850));
    assert!(operator.app_page("members").contains("¥98.50"));
    let till = operator.app_page(&format!("till?code={code}"));
    assert!(till.contains("¥98.50") && till.contains("till/consume"), "{till}");
}
