//! Forms of a member on a page that was loaded before another change. After each kind of change, each form is refused
//! and asks again. So no payment, points or balance are recorded twice without a warning.

use crate::support::page::{encoded, hidden};
use crate::support::*;
use kaquan_store::Role;

/// A form of a member: its page, where it is sent, and its fields.
type Form<'a> = (String, String, Vec<(&'a str, &'a str)>);

fn forms(code: &str) -> Vec<Form<'_>> {
    let of_code = |fields: &[(&'static str, &'static str)]| {
        (format!("codes/{code}"), format!("codes/{code}"), fields.to_vec())
    };
    vec![
        (format!("till?code={code}"), "till/pay".to_owned(), vec![("code", code), ("fee", "50")]),
        of_code(&[("act", "adjust"), ("add_bonus", "5"), ("why", "w")]),
        of_code(&[("act", "adjust"), ("add_balance", "5"), ("why", "w")]),
        of_code(&[("act", "unavailable"), ("sure", "1")]),
    ]
}

/// Changes of a member by the merchant's server.
fn changes(code: &str) -> Vec<(&'static str, Value)> {
    let member = |more: Value| merged(json!({"code": code}), more);
    vec![
        ("/wallet/v1/pay", member(json!({"fee": 5000, "original_fee": 5000}))),
        ("/card/membercard/updateuser", member(json!({"add_bonus": 5, "record_bonus": "w"}))),
        ("/card/membercard/updateuser", member(json!({"add_balance": 500, "record_balance": "w"}))),
        ("/card/membercard/activate", member(json!({"membership_number": "N2"}))),
        ("/card/code/unavailable", member(json!({}))),
    ]
}

#[test]
fn a_form_of_a_member_from_before_any_change_asks_again() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let active = json!({"auto_activate": true, "activate_url": "", "supply_balance": true});
    let base = json!({"get_limit": 50});
    let card_id = server.create(card_with_both("MEMBER_CARD", base, active));
    for form in 0..4 {
        for change in 0..5 {
            let code = server.claim(&card_id, &format!("o{form}{change}"));
            let (page, path, fields) = forms(&code).swap_remove(form);
            let (call, body) = changes(&code).swap_remove(change);
            let text = surfer.app_page(&page);
            let action = format!("action=\"{}\"", surfer.app_path(&path));
            let drawn = text.split("<form ").find(|form| {
                form.contains(&action) && (!path.contains("codes/") || form.contains(fields[0].1))
            });
            let drawn = drawn.unwrap_or_else(|| panic!("no {path} in {text}"));
            let kept = ["csrf", "once", "seen"].map(|name| hidden(drawn, name));
            server.clock.advance(1);
            server.ok(call, body);
            let before = server.changes(&server.app);
            let all: Vec<_> =
                ["csrf", "once", "seen"].into_iter().zip(kept.iter().map(String::as_str)).collect();
            let sent = surfer.send("POST", &surfer.app_path(&path), &encoded(&[all, fields].concat()));
            assert_eq!(sent.status, 409, "{path} after {call}: {}", sent.text());
            assert!(sent.text().contains("The state has changed since this page was opened."));
            assert!(server.changes(&server.app) == before, "{path} after {call}");
        }
    }
}
