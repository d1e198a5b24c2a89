//! `/console/{appid}/cards/new`: every form of a new card, with every pair of its checkboxes checked and unchecked.
//! Also the advice on a new card's page if holders cannot get the card yet.

use crate::support::page::{Surfer, encoded, fresh_key, hidden};
use crate::support::*;
use kaquan_store::Role;

/// The values that are typed into the form of every kind.
const TYPED: &[(&str, &str)] = &[
    ("base_info.logo_url", "http://mmbiz.qpic.cn/logo"),
    ("base_info.brand_name", "山茶"),
    ("base_info.title", "双人下午茶"),
    ("base_info.color", "Color030"),
    ("base_info.notice", "到店出示"),
    ("base_info.description", "周末通用"),
    ("base_info.code_type", "CODE_TYPE_QRCODE"),
    ("base_info.date_info.type", "DATE_TYPE_FIX_TERM"),
    ("base_info.date_info.fixed_term", "30"),
    ("base_info.sku", "100"),
];

/// The values that are typed into the form of one kind.
fn typed(kind: &str) -> Vec<(String, String)> {
    let own = cards::required(kind);
    let own =
        own.as_object().unwrap().iter().filter(|(key, value)| !value.is_boolean() && *key != "activate_url");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let own = own.map(|(key, value)| (key.clone(), text(value)));
    let all = TYPED.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    all.chain(own).chain([("type".to_owned(), kind.to_owned())]).collect()
}

/// The names of the checkboxes on a page.
fn boxes(page: &str) -> Vec<String> {
    let names =
        page.split("<input type=\"checkbox\"").skip(1).map(|rest| rest.split("name=\"").nth(1).unwrap());
    names.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// Sets of checked boxes. For every two boxes there are sets with both, with only one of them, and with neither.
fn pairs(count: usize) -> Vec<Vec<bool>> {
    let bits = usize::BITS - count.leading_zeros();
    let mut sets = vec![vec![false; count], vec![true; count]];
    sets.extend((0..count).map(|one| (0..count).map(|at| at == one).collect()));
    for bit in 0..bits {
        for side in [0, 1] {
            sets.push((0..count).map(|at| (at >> bit) & 1 == side).collect());
        }
    }
    sets
}

fn create(surfer: &Surfer<'_>, fields: &[(String, String)]) -> http::Response {
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    surfer.app_submit("cards/new?type=CASH", "cards/new", &fields)
}

fn card_id(made: &http::Response) -> String {
    let path = made.header("location").unwrap_or_else(|| panic!("{}", made.text()));
    path.split('/').next_back().unwrap().split('?').next().unwrap().to_owned()
}

fn a_card_of_the_form_has_every_pair_of_ticked_boxes(kind: &str) {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let page = surfer.app_page(&format!("cards/new?type={kind}"));
    let (boxes, csrf) = (boxes(&page), hidden(&page, "csrf"));
    assert!(!boxes.is_empty(), "{kind}");
    for set in pairs(boxes.len()) {
        let ticked: Vec<&str> =
            boxes.iter().zip(&set).filter(|(_, on)| **on).map(|(name, _)| name.as_str()).collect();
        let mut fields = typed(kind);
        let activates = ticked.iter().any(|name| ["auto_activate", "wx_activate"].contains(name));
        let own_page = kind == "MEMBER_CARD" && !activates;
        if own_page {
            fields.push(("activate_url".to_owned(), "https://shop.example/activate".to_owned()));
        }
        if ticked.contains(&"wx_activate_after_submit") {
            let url = ("wx_activate_after_submit_url".to_owned(), "https://shop.example/next".to_owned());
            fields.push(url);
        }
        fields.push(("csrf".to_owned(), csrf.clone()));
        fields.push(("once".to_owned(), fresh_key()));
        fields.extend(ticked.iter().map(|name| ((*name).to_owned(), "true".to_owned())));
        let sent: Vec<(&str, &str)> =
            fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let made = surfer.send("POST", &surfer.app_path("cards/new"), &encoded(&sent));
        assert_eq!(made.status, 303, "{kind} {ticked:?}: {}", refusal(made.text()));
        let card = server.card(&card_id(&made));
        for (name, on) in boxes.iter().zip(&set) {
            let value = name.split('.').fold(&card[key_of(kind)], |value, key| &value[key]);
            assert_eq!(value.as_bool().unwrap_or(false), *on, "{kind} {name} of {ticked:?}");
        }
    }
}

/// The alerts of a page.
fn refusal(page: &str) -> String {
    page.split("role=\"alert\">").skip(1).filter_map(|rest| rest.split('<').next()).collect()
}

for_every_card_type! {
    a_card_of_the_form_has_every_pair_of_ticked_boxes
}

#[test]
fn dates_that_cannot_be_read_are_still_in_the_form() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let mut fields = typed("GIFT");
    fields.retain(|(name, _)| !name.starts_with("base_info.date_info"));
    let window = [
        ("type", "DATE_TYPE_FIX_TIME_RANGE"),
        ("begin_timestamp", "2026年3月1日"),
        ("end_timestamp", "2026-06-30 23:59"),
    ];
    fields.extend(window.map(|(key, text)| (format!("base_info.date_info.{key}"), text.to_owned())));
    let refused = create(&surfer, &fields);
    assert_eq!(refused.status, 422);
    for text in ["value=\"2026年3月1日\"", "value=\"2026-06-30 23:59\""] {
        assert!(refused.text().contains(text), "{text}");
    }
}

#[test]
fn a_member_card_without_a_way_to_be_activated_is_refused_in_words() {
    let server = TestServer::start();
    let mut surfer = server.signed_in(Role::Operator);
    let refused = create(&surfer, &typed("MEMBER_CARD"));
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("Say how members are activated") && !refused.text().contains("41011"));
    assert!(refused.text().contains("value=\"双人下午茶\""), "the form keeps its input");
    let mut jump = typed("MEMBER_CARD");
    let boxes = ["wx_activate", "wx_activate_after_submit"];
    jump.extend(boxes.map(|name| (name.to_owned(), "true".to_owned())));
    surfer.language = "zh";
    let refused = create(&surfer, &jump);
    assert!(refused.status == 422 && refused.text().contains("请填写提交激活表单后跳转的链接"));
}

#[test]
fn a_member_card_with_one_tap_activation_can_be_activated() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let mut fields = typed("MEMBER_CARD");
    fields.push(("wx_activate".to_owned(), "true".to_owned()));
    let id = card_id(&create(&surfer, &fields));
    assert!(!surfer.app_page(&format!("cards/{id}")).contains("has no activation form"));
    let mei = server.surfer();
    let who = format!("/w/{}/who", server.app.appid);
    mei.submit(&who, &who, &[("openid", "oMei"), ("next", "/w/x")]);
    let form = format!("/w/{}/activate/{id}", server.app.appid);
    let typed = [("common.USER_FORM_INFO_FLAG_MOBILE", "13800138000")];
    let done = mei.submit(&form, &form, &typed);
    let code_page = done.header("location").unwrap_or_else(|| panic!("{}", done.text()));
    let code = code_page.rsplit('/').next().unwrap().split('?').next().unwrap();
    let info = server.ok("/card/membercard/userinfo/get", json!({"card_id": id, "code": code}));
    assert_eq!(info["has_active"], true);
}

#[test]
fn a_card_without_its_activation_form_says_so_and_gets_one_with_a_button() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let section = json!({"activate_url": "", "wx_activate": true});
    let id = server.create(card_with_both("MEMBER_CARD", json!({}), section));
    let code = server.claim(&id, "oMei");
    let mei = server.surfer();
    let who = format!("/w/{}/who", server.app.appid);
    mei.submit(&who, &who, &[("openid", "oMei"), ("next", "/w/x")]);
    let code_page = format!("/w/{}/codes/{code}", server.app.appid);
    let shown = mei.page(&code_page);
    assert!(shown.contains("Ask the merchant to activate it") && !shown.contains("Activate it now"));
    let page = format!("cards/{id}");
    assert!(surfer.app_page(&page).contains("has no activation form"));
    assert_eq!(surfer.app_submit(&page, &format!("{page}/form"), &[]).status, 303);
    assert!(!surfer.app_page(&page).contains("has no activation form"));
    assert!(mei.page(&code_page).contains("Activate it now"));
}

#[test]
fn the_page_of_a_card_that_cannot_be_claimed_yet_shows_the_reason() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let deposit = json!({
        "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT", "sku": {"quantity": 0},
    });
    for (base, text) in [
        (json!({"use_custom_code": true}), "its codes are your own"),
        (json!({"bind_openid": true}), "only named holders may claim it"),
        (deposit, "it has no codes"),
    ] {
        let id = server.create(card_with("GROUPON", base));
        assert!(surfer.app_page(&format!("cards/{id}")).contains(text), "{text}");
    }
    let id = server.create(card("GROUPON"));
    assert!(!surfer.app_page(&format!("cards/{id}")).contains("alert warn"));
}

#[test]
fn the_link_of_the_merchants_own_activation_page_is_on_the_holders_page() {
    let server = TestServer::start();
    let code = server.claim(&server.create(card("MEMBER_CARD")), "oMei");
    let mei = server.surfer();
    let who = format!("/w/{}/who", server.app.appid);
    mei.submit(&who, &who, &[("openid", "oMei"), ("next", "/w/x")]);
    let shown = mei.page(&format!("/w/{}/codes/{code}", server.app.appid));
    assert!(shown.contains("href=\"https://shop.example/activate?encrypt_code="), "{shown}");
}

#[test]
fn money_is_typed_and_shown_in_yuan_and_stored_in_fen() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    for (sum, fen) in [("10.00", 1000), ("20", 2000), ("0.5", 50), ("1,234.56", 123_456)] {
        let mut fields = typed("CASH");
        fields.retain(|(name, _)| !["reduce_cost", "least_cost"].contains(&name.as_str()));
        fields.push(("reduce_cost".to_owned(), sum.to_owned()));
        fields.push(("advanced_info.use_condition.least_cost".to_owned(), sum.to_owned()));
        let made = create(&surfer, &fields);
        let card = &server.card(&card_id(&made))["cash"];
        assert_eq!(card["reduce_cost"], fen, "{sum}");
        assert_eq!(card["advanced_info"]["use_condition"]["least_cost"], fen, "{sum}");
    }
    for no_sum in ["10.005", "1e3", "ten", "-5"] {
        let mut fields = typed("CASH");
        fields.retain(|(name, _)| name != "reduce_cost");
        fields.push(("reduce_cost".to_owned(), no_sum.to_owned()));
        let refused = create(&surfer, &fields);
        assert_eq!(refused.status, 422, "{no_sum}");
        assert!(refused.text().contains(&format!("value=\"¥{no_sum}\"")), "{no_sum}");
    }
}
