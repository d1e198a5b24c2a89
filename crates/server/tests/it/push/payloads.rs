//! Which events a receiver gets, and their elements.

use crate::support::*;

/// Elements of every event.
const ENVELOPE: [&str; 5] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"];

/// A server that pushes events to a receiver.
fn started() -> (TestServer, Receiver) {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    server.push_to(&receiver);
    (server, receiver)
}

/// Waits for an event of this name, and checks that it has exactly these elements after the envelope.
fn received(receiver: &Receiver, name: &str, elements: &[&str]) -> Received {
    let is_it = |event: &&Received| event.element("Event") == Some(name);
    let events = receiver.wait_until(name, |events| events.iter().any(|event| is_it(&event)));
    let event = events.iter().rfind(is_it).unwrap().clone();
    assert_eq!(event.elements(), [&ENVELOPE[..], elements].concat(), "{name}");
    event
}

fn has(event: &Received, pairs: &[(&str, &str)]) {
    for (name, value) in pairs {
        assert_eq!(event.element(name), Some(*value), "{name} in {}", event.body);
    }
}

#[test]
fn a_review_is_pushed_with_its_reason() {
    let (server, receiver) = (TestServer::manual(), Receiver::start());
    server.push_to(&receiver);
    let [passed, refused] = [0; 2].map(|_| server.create(card("GROUPON")));
    server.pass(&passed);
    let event = received(&receiver, "card_pass_check", &["CardId", "RefuseReason"]);
    has(&event, &[("CardId", &passed), ("RefuseReason", "")]);
    assert_eq!(event.element("FromUserName").map(str::len), Some(28));
    server.ok("/kaquan/v1/review", json!({"card_id": refused, "pass": false, "reason": "非法代制"}));
    let event = received(&receiver, "card_not_pass_check", &["CardId", "RefuseReason"]);
    has(&event, &[("CardId", &refused), ("RefuseReason", "非法代制")]);
}

const GET_CARD: &[&str] = &[
    "CardId",
    "IsGiveByFriend",
    "UserCardCode",
    "FriendUserName",
    "OuterId",
    "OldUserCardCode",
    "OuterStr",
    "IsRestoreMemberCard",
    "IsRecommendByFriend",
    "SourceScene",
    "UnionId",
];

#[test]
fn a_claim_from_a_qr_code_is_pushed_with_its_channel() {
    let (server, receiver) = started();
    let card = server.create(card("GROUPON"));
    let made = server.ok(
        "/card/qrcode/create",
        json!({"action_name": "QR_CARD", "action_info": {"card": {"card_id": card, "outer_str": "12b", "outer_id": 7}}}),
    );
    server.ok("/wallet/v1/claim", json!({"openid": "o1", "ticket": made["ticket"]}));
    let event = received(&receiver, "user_get_card", GET_CARD);
    has(&event, &[("OuterStr", "12b"), ("OuterId", "7"), ("SourceScene", "SOURCE_SCENE_QRCODE")]);
}

#[test]
fn a_gift_is_pushed_for_its_giver_and_then_for_its_new_holder() {
    let (server, receiver) = started();
    let card = server.create(card_with("GROUPON", json!({"can_give_friend": true})));
    let code = server.claim(&card, "oGiver");
    let given = server.give(&code, "oGiver", "oFriend");
    let gifting = ["CardId", "UserCardCode", "IsReturnBack", "FriendUserName", "IsChatRoom"];
    let event = received(&receiver, "user_gifting_card", &gifting);
    has(
        &event,
        &[("FromUserName", "oGiver"), ("UserCardCode", &code), ("IsReturnBack", "0"), ("IsChatRoom", "0")],
    );
    let events = receiver.wait_until("the gift taken", |events| {
        events.iter().any(|event| event.element("UserCardCode") == Some(given.as_str()))
    });
    let event = events.iter().find(|event| event.element("UserCardCode") == Some(given.as_str())).unwrap();
    let taken = [
        ("FromUserName", "oFriend"),
        ("FriendUserName", "oGiver"),
        ("IsGiveByFriend", "1"),
        ("OldUserCardCode", &code),
    ];
    has(event, &taken);
    let again = server.claim(&card, "oOther");
    server.ok("/wallet/v1/gift", json!({"openid": "oOther", "code": again, "is_chat_room": true}));
    server.ok("/wallet/v1/gift/cancel", json!({"openid": "oOther", "code": again}));
    let events = receiver.wait_until("the gift back", |events| {
        events.iter().any(|event| event.element("IsReturnBack") == Some("1"))
    });
    has(events.last().unwrap(), &[("UserCardCode", &again), ("Event", "user_gifting_card")]);
}

const CONSUMED: &[&str] = &[
    "CardId",
    "UserCardCode",
    "ConsumeSource",
    "LocationName",
    "StaffOpenId",
    "VerifyCode",
    "RemarkAmount",
    "OuterStr",
    "LocationId",
];

#[test]
fn a_consume_is_pushed_with_its_source() {
    let (server, receiver) = started();
    let card = server.create(card("GROUPON"));
    let code = server.claim(&card, "o1");
    server.ok("/card/code/consume", json!({"code": code, "outer_str": "till 3"}));
    let event = received(&receiver, "user_consume_card", CONSUMED);
    has(&event, &[("ConsumeSource", "FROM_API"), ("OuterStr", "till 3"), ("LocationId", "0")]);
}

#[test]
fn a_payment_at_the_till_is_pushed_before_its_consume_of_the_same_time() {
    let (server, receiver) = started();
    let card = server.create(card_with("GROUPON", json!({"location_id_list": [33788392]})));
    server.ok("/card/paycell/set", json!({"card_id": card, "is_open": true}));
    let code = server.claim(&card, "o1");
    let pay =
        json!({"code": code, "fee": 9000, "original_fee": 10000, "trans_id": "T1", "out_trade_no": "N1"});
    server.ok("/wallet/v1/pay", pay);
    let paid = ["CardId", "UserCardCode", "TransId", "LocationId", "Fee", "OriginalFee"];
    let pay = received(&receiver, "user_pay_from_pay_cell", &paid);
    has(&pay, &[("TransId", "T1"), ("Fee", "9000"), ("OriginalFee", "10000")]);
    let with_numbers = [&CONSUMED[..3], &["OutTradeNo", "TransId"], &CONSUMED[3..]].concat();
    let consume = received(&receiver, "user_consume_card", &with_numbers);
    has(&consume, &[("ConsumeSource", "FROM_MOBILE_HELPER"), ("OutTradeNo", "N1"), ("TransId", "T1")]);
    assert_eq!(pay.element("CreateTime"), consume.element("CreateTime"));
    // Only the events of one code are in order. The card's own may come between them.
    let of_till = ["user_pay_from_pay_cell", "user_consume_card"];
    let events = receiver.events();
    let order = events.iter().filter_map(|event| event.element("Event").map(str::to_owned));
    let order: Vec<_> = order.filter(|name| of_till.contains(&name.as_str())).collect();
    assert_eq!(order, of_till);
}

#[test]
fn changes_of_a_member_are_pushed_with_their_differences() {
    let (server, receiver) = started();
    let card = server.create(card_with_both("MEMBER_CARD", json!({}), json!({"auto_activate": true})));
    let code = server.claim(&card, "o1");
    server.ok(
        "/card/membercard/updateuser",
        json!({"code": code, "card_id": card, "add_bonus": 30, "add_balance": -0}),
    );
    let event = received(
        &receiver,
        "update_member_card",
        &["CardId", "UserCardCode", "ModifyBonus", "ModifyBalance"],
    );
    has(&event, &[("ModifyBonus", "30"), ("ModifyBalance", "0"), ("UserCardCode", &code)]);
}

#[test]
fn two_changes_in_one_second_are_pushed_a_second_apart() {
    let (server, receiver) = started();
    let card = server.create(card_with_both("MEMBER_CARD", json!({}), json!({"auto_activate": true})));
    let code = server.claim(&card, "o1");
    let change = json!({"code": code, "card_id": card, "add_bonus": 1});
    (0..5).for_each(|_| drop(server.ok("/card/membercard/updateuser", change.clone())));
    let is_change = |event: &&Received| event.element("Event") == Some("update_member_card");
    let events = receiver.wait_until("five changes", |events| events.iter().filter(is_change).count() == 5);
    let times: Vec<i64> = events
        .iter()
        .filter(is_change)
        .map(|event| event.element("CreateTime").unwrap().parse().unwrap())
        .collect();
    assert_eq!(times, (server.now()..server.now() + 5).collect::<Vec<_>>());
}

#[test]
fn a_view_is_pushed_only_for_cards_that_ask_for_it() {
    let (server, receiver) = started();
    let [loud, quiet] =
        [true, false].map(|push| server.create(card_with("GROUPON", json!({"need_push_on_view": push}))));
    let code = server.claim(&loud, "o1");
    server.claim(&quiet, "o1");
    for card in [&quiet, &loud] {
        server.ok("/wallet/v1/view", json!({"openid": "o1", "card_id": card, "outer_str": "poster"}));
    }
    let event = received(&receiver, "user_view_card", &["CardId", "UserCardCode", "OuterStr"]);
    has(&event, &[("CardId", &loud), ("UserCardCode", &code), ("OuterStr", "poster")]);
    server.wait_for_push();
    let views =
        receiver.events().iter().filter(|event| event.element("Event") == Some("user_view_card")).count();
    assert_eq!(views, 1);
}

#[test]
fn deletions_and_low_stock_are_pushed() {
    let (server, receiver) = started();
    let card = server.create(card_with("GROUPON", json!({"sku": {"quantity": 201}})));
    let code = server.claim(&card, "o1");
    server.ok("/wallet/v1/delete", json!({"openid": "o1", "code": code}));
    has(&received(&receiver, "user_del_card", &["CardId", "UserCardCode"]), &[("UserCardCode", &code)]);
    (2..=101).for_each(|n| drop(server.claim(&card, &format!("o{n}"))));
    let event = received(&receiver, "card_sku_remind", &["CardId", "Detail"]);
    has(&event, &[("CardId", &card), ("Detail", "the card's quantity is equal to 0")]);
}

#[test]
fn a_form_a_sub_merchant_and_a_store_are_pushed() {
    let (server, receiver) = started();
    let merchant = server.sub_merchant().to_string();
    let event = received(&receiver, "card_merchant_check_result", &["MerchantId", "IsPass", "Reason"]);
    has(&event, &[("MerchantId", &merchant), ("IsPass", "1")]);
    let card = server.create_with_form(json!({"wx_activate": true}), member_form());
    let answers = merged(json!({"openid": "o1", "card_id": card}), member_answers());
    let submitted = server.ok("/wallet/v1/activate/submit", answers);
    let event = received(&receiver, "submit_membercard_user_info", &["CardId", "UserCardCode"]);
    assert_eq!(event.element("UserCardCode"), submitted["code"].as_str());
}
