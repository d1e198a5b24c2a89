//! The entry points of a claim: `/wallet/v1/claim`, `/wallet/v1/activate/submit`, `/wallet/v1/pay_gift`, and the
//! pages under `/w/q`, `/w/l`, `/bizmall` and `/w/{appid}`. At each of them, only named holders can claim a card for
//! named holders.

use super::pages::{holder, path, press};
use crate::support::page::{encoded, hidden};
use crate::support::*;
use std::fs;
use std::path::Path;

/// Every file that makes a claim, and the entry point in it. A new file fails here until it has a line. It then must
/// also be added to the tests below.
const PLACES: [(&str, &[&str]); 6] = [
    ("cli/src/demo/life.rs", &["kaquan_core::code::Via::Server"]),
    ("core/src/pay_gift/give.rs", &["Via::Payment"]),
    ("server/src/wallet/activate/submit.rs", &["Via::Server"]),
    ("server/src/wallet/claim.rs", &["Via::Server", "Via::Qr(scan)"]),
    ("server/src/wallet/pages/activate.rs", &["Via::Form"]),
    ("server/src/wallet/pages/claim.rs", &["Via::Sms", "Via::Link"]),
];

/// The last argument of each `Claim::of` in a file, before its tests.
fn stated_doors(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let door = |call: &str| {
        let mut depth = 1;
        let end = call.find(|sign| {
            depth += i32::from(sign == '(') - i32::from(sign == ')');
            depth == 0
        })?;
        call[..end].trim().trim_end_matches(',').rsplit(", ").next().map(str::to_owned)
    };
    text.split("Claim::of(").skip(1).filter_map(door).collect()
}

fn collect(folder: &Path, root: &Path, found: &mut Vec<(String, Vec<String>)>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = entry.strip_prefix(root).expect("below").to_string_lossy().into_owned();
        if entry.is_dir() && !name.ends_with("/tests") && !name.ends_with("/bench") {
            collect(&entry, root, found);
        } else if name.ends_with(".rs") && name != "core/src/engine/testing.rs" {
            let doors = stated_doors(&fs::read_to_string(&entry).expect("text"));
            found.extend((!doors.is_empty()).then_some((name, doors)));
        }
    }
}

#[test]
fn every_place_that_makes_a_claim_states_its_door() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder");
    let mut found = Vec::new();
    for name in ["cli", "core", "ledger", "server", "store"] {
        collect(&crates.join(name).join("src"), crates, &mut found);
    }
    found.sort();
    let expected = PLACES.map(|(file, doors)| {
        (file.to_owned(), doors.iter().map(|door| (*door).to_owned()).collect::<Vec<_>>())
    });
    assert_eq!(found, expected);
}

fn bound() -> Value {
    json!({"bind_openid": true})
}

#[test]
fn a_card_for_named_holders_is_not_claimed_on_public_pages() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let card_id = server.create(card_with("GROUPON", bound()));
    let appid = &server.app.appid;
    let page = format!("/w/{appid}/card/{card_id}");
    let key = server.store.app_by_appid(appid).unwrap().unwrap().token_key;
    let name = kaquan_server::biz(&key);
    let article = format!("/bizmall/appmsgcard?{}", encoded(&[("biz", &name), ("cardid", &card_id)]));
    assert_eq!(
        mei.get(&article).header("location"),
        Some(page.as_str()),
        "an article leads to the card's page"
    );
    let listed = json!({"banner": "http://a/b.png", "page_title": "t", "can_share": false, "scene": "SCENE_H5",
        "card_list": [{"card_id": card_id, "thumb_url": "http://a/c.png"}]});
    let url = server.ok("/card/landingpage/create", listed)["url"].take();
    let landing = mei.page(&path(&server, url.as_str().expect("an address")));
    assert!(landing.contains(&format!("{page}?outer_str=")), "a landing page leads to the card's page");
    // The page of such a card has no button, so the form is taken from the page of another card.
    let other = format!("/w/{appid}/card/{}", server.create(card("GROUPON")));
    let csrf = page::hidden(&mei.page(&other), "csrf");
    for page in [page.clone(), format!("{page}?outer_str=SCENE_H5")] {
        let refused = mei.send("POST", &page, &page::encoded(&[("csrf", &csrf), ("once", "k")]));
        assert!(refused.status == 422 && refused.text().contains("40003"), "{}", refused.text());
    }
    assert_eq!(server.stock(&card_id).0, server.stock(&card_id).1);
}

#[test]
fn a_member_card_for_named_holders_is_not_claimed_by_its_form() {
    let server = TestServer::start();
    let mei = holder(&server, "oMei");
    let by_form = json!({"activate_url": null, "wx_activate": true});
    let card_id = server.create(card_with_both("MEMBER_CARD", bound(), by_form));
    server.ok("/card/membercard/activateuserform/set", json!({"card_id": card_id}));
    let page = format!("/w/{}/activate/{card_id}", server.app.appid);
    // The page shows the refusal before anything is typed.
    let shown = mei.get(&page);
    assert!(shown.status == 422 && shown.text().contains("40003"), "{}", shown.text());
    let csrf = hidden(shown.text(), "csrf");
    let refused = mei.send("POST", &page, &encoded(&[("csrf", &csrf), ("once", "k")]));
    assert!(refused.status == 422 && refused.text().contains("40003"), "{}", refused.text());
    assert_eq!(server.stock(&card_id).0, server.stock(&card_id).1);
    // The merchant's server names the holder. A holder who has the card submits its form on the page.
    server.ok("/wallet/v1/activate/submit", json!({"openid": "oLi", "card_id": card_id}));
    server.claim(&card_id, "oMei");
    assert_eq!(press(&mei, &page, &[]).status, 303);
}

#[test]
fn a_qr_code_for_one_holder_opens_a_card_for_named_holders_to_that_holder() {
    let server = TestServer::start();
    let card_id = server.create(card_with("GROUPON", bound()));
    let qr = |card: Value| {
        let body = json!({"action_name": "QR_CARD", "action_info": {"card": card}});
        path(&server, server.ok("/card/qrcode/create", body)["url"].as_str().expect("an address"))
    };
    let unnamed = json!({"action_name": "QR_CARD", "action_info": {"card": {"card_id": card_id}}});
    server.expect_errcode("/card/qrcode/create", unnamed, 41009);
    let named = qr(json!({"card_id": card_id, "openid": "oMei"}));
    for (surfer, status) in [(holder(&server, "oLi"), 422), (holder(&server, "oMei"), 303)] {
        assert_eq!(press(&surfer, &named, &[]).status, status);
    }
}
