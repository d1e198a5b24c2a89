//! Every page: a picture in both languages, in light and dark mode, and the problems that axe and the Tab key find.

use super::browser::{Browser, Device};
use super::journey::first_login;
use crate::support::*;
use kaquan_core::time::Timestamp;
use kaquan_server::login_link;

/// Names of pages, and their paths.
type Pages = Vec<(&'static str, String)>;

/// A server with content on every page: a week of history, a card that waits for review, a delivery, a member.
fn busy() -> (TestServer, Pages, Pages) {
    let server = TestServer::start();
    server.submit(kaquan_core::identity::SetIdentity(kaquan_core::identity::Identity::Pretend)).unwrap();
    let receiver = Receiver::start();
    server.push_to(&receiver);
    // A picture that needs no network.
    let logo = format!("http://{}/static/icon.svg", server.address());
    let tea = json!({"logo_url": logo, "title": "双人下午茶", "brand_name": "山茶茶馆", "notice": "到店出示", "can_give_friend": true, "get_limit": 50, "code_type": "CODE_TYPE_QRCODE"});
    let card_id = server.create(card_with("GROUPON", tea));
    let member =
        json!({"auto_activate": true, "activate_url": "", "supply_bonus": true, "supply_balance": true});
    let title = json!({"logo_url": logo, "title": "山茶会员卡", "brand_name": "山茶茶馆", "code_type": "CODE_TYPE_BARCODE"});
    let member_card = server.create(card_with_both("MEMBER_CARD", title, member));
    for day in 0..8 {
        for n in 0..(3 + day % 4) {
            let openid = format!("oHolder{n}");
            server.ok("/wallet/v1/view", json!({"card_id": card_id, "openid": openid}));
            let code = server.claim(&card_id, &openid);
            if n % 2 == 0 {
                server.consume(&code);
            }
        }
        server.pass_days(1);
    }
    server.close_days();
    let code = server.claim(&card_id, "oDemoMei");
    let membership = server.claim(&member_card, "oDemoMei");
    server.ok(
        "/card/membercard/updateuser",
        json!({"code": membership, "card_id": member_card, "add_bonus": 120, "record_bonus": "消费"}),
    );
    let form_card = server.create_with_form(json!({}), member_form());
    server
        .ok("/card/update", json!({"card_id": form_card, "member_card": {"base_info": {"logo_url": logo}}}));
    server.wait_for_push();
    let event =
        server.ok("/kaquan/v1/events/list", json!({"kind": "claim"}))["events"][0]["event_id"].to_string();
    let console = vec![
        ("overview", "overview".to_owned()),
        ("cards", "cards".to_owned()),
        ("card", format!("cards/{card_id}")),
        ("card-kinds", "cards/new".to_owned()),
        ("card-new", "cards/new?type=CASH".to_owned()),
        ("card-edit", format!("cards/{card_id}/edit")),
        ("review", "review".to_owned()),
        ("codes", "codes?q=oDemoMei".to_owned()),
        ("code", format!("codes/{code}")),
        ("member", format!("codes/{membership}")),
        ("till", "till".to_owned()),
        ("till-code", format!("till?code={code}")),
        ("members", format!("members?card_id={member_card}")),
        ("data", "data".to_owned()),
        ("events", "events".to_owned()),
        ("event", format!("events/{event}")),
        ("settings", "settings".to_owned()),
        ("audit", "settings/audit".to_owned()),
        ("upstream", "settings/upstream".to_owned()),
    ];
    let wallet = vec![
        ("wallet-claim", format!("card/{card_id}")),
        ("wallet-cards", "cards".to_owned()),
        ("wallet-code", format!("codes/{code}")),
        ("wallet-member", format!("codes/{membership}")),
        ("wallet-activate", format!("activate/{form_card}")),
        ("wallet-stores", format!("card/{card_id}/stores")),
        ("wallet-who", "who".to_owned()),
        ("wallet-gift", format!("gift/{}", gift(&server, &card_id))),
    ];
    (server, console, wallet)
}

/// Offers a code of another holder as a gift, and returns the name of the gift.
fn gift(server: &TestServer, card_id: &str) -> String {
    let giver = server.surfer();
    let who = format!("/w/{}/who", server.app.appid);
    giver.submit(&who, &who, &[("openid", "oGiver"), ("next", "/w/x")]);
    let code = format!("/w/{}/codes/{}", server.app.appid, server.claim(card_id, "oGiver"));
    let form = giver.page(&code);
    let [csrf, seen] = ["csrf", "seen"].map(|name| page::hidden(&form, name));
    let fields = [("csrf", csrf.as_str()), ("seen", &seen), ("once", "k"), ("act", "give")];
    giver.send("POST", &code, &page::encoded(&fields));
    let shown = giver.page(&code);
    let link = shown.split("id=\"gift\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    link.rsplit('/').next().unwrap().to_owned()
}

/// Opens a page in both languages and modes, and returns its problems.
fn look(browser: &Browser, name: &str, path: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let joint = if path.contains('?') { '&' } else { '?' };
    for language in ["zh", "en"] {
        browser.go(&format!("{path}{joint}lang={language}"));
        for dark in [false, true] {
            browser.dark(dark);
            let found = browser.obstacles();
            wrong.extend(found.iter().map(|it| format!("{name} {language} {dark}: {it:#}")));
            browser.shot(&format!("{name}.{language}{}", if dark { ".dark" } else { "" }));
        }
        browser.dark(false);
        browser.assert_focus_order();
    }
    browser.assert_quiet();
    wrong
}

#[test]
fn every_console_page_is_accessible_in_both_languages_and_themes() {
    let (server, console, _) = busy();
    let desk = Browser::open(&server, Device::Desktop, "en");
    desk.go("/console/login");
    let mut wrong = look(&desk, "login", "/console/login");
    let link = login_link::first(&*server.store, Timestamp(server.now())).unwrap().unwrap();
    wrong.extend(look(&desk, "enter", &link));
    desk.go("/console/login?lang=en");
    first_login(&server, &desk);
    for (name, path) in console {
        wrong.extend(look(&desk, name, &format!("/console/{}/{path}", server.app.appid)));
    }
    wrong.extend(look(&desk, "account", "/console/account"));
    wrong.extend(diff(&server, &desk));
    wrong.extend(look(&desk, "not-found", "/console/nowhere"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The preview page between typing a change and saving it.
fn diff(server: &TestServer, desk: &Browser) -> Vec<String> {
    desk.go(&format!("/console/{}/cards?lang=en", server.app.appid));
    desk.press("双人下午茶");
    desk.press("Change");
    desk.fill("what to do at the till", "请提前预约");
    desk.press("Look at the changes");
    desk.see("needs a review");
    desk.shot("card-diff.en");
    desk.assert_focus_order();
    desk.obstacles().iter().map(|it| format!("card-diff: {it:#}")).collect()
}

#[test]
fn every_wallet_page_is_accessible_in_both_languages_and_themes() {
    let (server, _, wallet) = busy();
    let phone = Browser::open(&server, Device::Phone, "en");
    phone.go(&format!("/w/{}/who?next=/w/{}/cards", server.app.appid, server.app.appid));
    phone.press("oDemoMei");
    phone.see("My cards");
    let mut wrong = vec![];
    let logo = format!("http://{}/static/icon.svg", server.address());
    let list = json!([{"card_id": wallet[0].1.trim_start_matches("card/"), "thumb_url": logo}]);
    let landing = json!({"banner": logo, "page_title": "秋日茶券", "can_share": true, "scene": "SCENE_H5", "card_list": list});
    let url = server.ok("/card/landingpage/create", landing)["url"].as_str().unwrap().to_owned();
    wrong.extend(look(&phone, "wallet-landing", url.split(&server.address().to_string()).nth(1).unwrap()));
    for (name, path) in wallet {
        wrong.extend(look(&phone, name, &format!("/w/{}/{path}", server.app.appid)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
