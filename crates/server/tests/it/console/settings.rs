//! `/console/{appid}/settings`: rules, secret, callback, identity, accounts, and the audit log of these changes.

use crate::support::*;
use kaquan_store::Role;

fn once(page: &str) -> String {
    page.split("id=\"once\">")
        .nth(1)
        .unwrap_or_else(|| panic!("{page}"))
        .split('<')
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn rules_are_changed_within_their_limits() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    let rules = |review: &str, gift: &str, window: &str| {
        let fields = [("review", review), ("gift_timeout_secs", gift), ("return_window_secs", window)];
        owner.app_submit("settings", "settings/rules", &fields).status
    };
    assert_eq!(rules("manual", "3600", "0"), 303);
    let card_id = server.create(card("GROUPON"));
    assert_eq!(server.status(&card_id), "CARD_STATUS_NOT_VERIFY");
    assert_eq!((rules("auto", "0", "0"), rules("auto", "60", "99999999")), (422, 422));
    assert!(owner.app_page("settings").contains("value=\"3600\""));
}

#[test]
fn a_new_secret_is_shown_once_and_takes_the_old_ones_place() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    assert_eq!(owner.app_submit("settings", "settings/secret", &[]).status, 303, "the box was not ticked");
    let shown = owner.app_submit("settings", "settings/secret", &[("sure", "true")]);
    let secret = once(shown.text());
    let ask = |secret: &str| {
        let body = json!({"grant_type": "client_credential", "appid": server.app.appid, "secret": secret});
        server.send("POST", "/cgi-bin/stable_token", &[], body.to_string().as_bytes()).json()
    };
    assert!(ask(&secret)["access_token"].is_string());
    assert_eq!(ask(&server.app.secret)["errcode"], 40125);
    assert!(!owner.app_page("settings").contains(&secret));
}

#[test]
fn a_receiver_is_set_after_it_answered_and_tested_and_taken_away() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    let receiver = Receiver::start();
    let set = |url: &str| {
        let fields = [("url", url), ("mode", "plain"), ("policy", "durable"), ("token", "tea1234")];
        owner.app_submit("settings", "settings/callback", &fields)
    };
    let refused = set("http://127.0.0.1:9/nowhere");
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(set(&receiver.url).status, 303);
    assert_eq!(owner.app_submit("settings", "settings/callback/test", &[]).status, 303);
    receiver.answer(|_| Reply::Http(500, String::new()));
    assert_eq!(owner.app_submit("settings", "settings/callback/test", &[]).status, 422);
    assert!(!owner.app_page("settings").contains("tea1234"), "secrets are not shown");
    assert_eq!(owner.app_submit("settings", "settings/callback/delete", &[]).status, 303);
    assert!(owner.app_page("events").contains("no receiver is set"));
}

#[test]
fn an_identity_provider_keeps_its_secret_when_left_empty() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    let set = |fields: &[(&str, &str)]| owner.app_submit("settings", "settings/identity", fields).status;
    assert_eq!(set(&[("provider", "signed_link"), ("link_secret", "short")]), 422);
    assert_eq!(set(&[("provider", "signed_link"), ("link_secret", "0123456789abcdef")]), 303);
    assert_eq!(set(&[("provider", "signed_link"), ("entry_url", "https://shop.example/in")]), 303);
    let page = owner.app_page("settings");
    assert!(page.contains("value=\"https://shop.example/in\"") && !page.contains("0123456789abcdef"));
    assert_eq!(set(&[("provider", "oauth"), ("oauth_appid", "wx1")]), 422, "no secret yet");
    assert_eq!(set(&[("provider", "oauth"), ("oauth_appid", "wx1"), ("oauth_secret", "s")]), 303);
}

#[test]
fn people_are_invited_by_a_link_and_shut_out_at_once() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    let invited = owner.app_submit(
        "settings",
        "settings/accounts",
        &[("name", "mei"), ("role", "clerk"), ("scope", "app")],
    );
    let link = once(invited.text());
    let path = link.strip_prefix(&format!("http://{}", server.address())).unwrap();
    let mei = server.surfer();
    let password = [("password", page::PASSWORD), ("again", page::PASSWORD)];
    assert_eq!(mei.submit(path, path, &password).status, 303);
    assert_eq!(mei.get(&mei.app_path("till")).status, 200);
    assert_eq!(mei.get(&mei.app_path("settings")).status, 403);
    let id = server.store.account_by_name("mei").unwrap().unwrap().id.0;
    let act = |act: &str| owner.app_submit("settings", &format!("settings/accounts/{id}"), &[("act", act)]);
    assert_eq!(act("disable").status, 303);
    assert_eq!(mei.get(&mei.app_path("till")).status, 303);
    assert_eq!(act("enable").status, 303);
    assert!(once(act("link").text()).contains("/console/enter/"));
    let taken = owner.app_submit("settings", "settings/accounts", &[("name", "MEI"), ("role", "clerk")]);
    assert_eq!(taken.status, 422);
    let own = server.store.account_by_name("owner").unwrap().unwrap().id.0;
    let last = owner.app_submit("settings", &format!("settings/accounts/{own}"), &[("act", "disable")]);
    assert!(last.status == 422 && last.text().contains("is the last owner of the server"));
}

#[test]
fn an_account_name_has_1_to_64_characters_and_no_control_character() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    let create = |name: &str| {
        owner.app_submit("settings", "settings/accounts", &[("name", name), ("role", "clerk")]).status
    };
    for refused in ["", " ", "a\u{7}b", &"名".repeat(65)] {
        assert_eq!(create(refused), 422, "{refused:?}");
    }
    assert_eq!(create(&"名".repeat(64)), 200);
    assert_eq!(server.store.accounts().unwrap().len(), 2);
}

#[test]
fn a_form_of_accounts_is_done_once_and_not_without_its_key() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    let page = owner.app_page("settings");
    let (csrf, key) = (page::hidden(&page, "csrf"), page::hidden(&page, "once"));
    let send = |path: &str, fields: &[(&str, &str)], key: Option<&str>| {
        let once = key.map(|key| ("once", key));
        let fields: Vec<_> =
            [("csrf", csrf.as_str())].into_iter().chain(once).chain(fields.iter().copied()).collect();
        owner.send("POST", &owner.app_path(path), &page::encoded(&fields))
    };
    let accounts = "settings/accounts";
    let incomplete = send(accounts, &[("name", "mei"), ("role", "clerk")], None);
    assert!(incomplete.status == 409 && incomplete.text().contains("The form arrived incomplete."));
    assert!(server.store.account_by_name("mei").unwrap().is_none());
    assert_eq!(send(accounts, &[("name", "mei"), ("role", "clerk")], Some(&key)).status, 200);
    let mei = server.store.account_by_name("mei").unwrap().unwrap().id;
    let of_mei = format!("{accounts}/{}", mei.0);
    for act in ["link", "disable"] {
        let incomplete = send(&of_mei, &[("act", act)], None);
        assert!(incomplete.status == 409 && incomplete.text().contains("The form arrived incomplete."));
    }
    assert_eq!(send(&of_mei, &[("act", "disable")], Some(&key)).status, 303);
    assert!(server.store.set_disabled(mei, None).unwrap());
    let again = send(&of_mei, &[("act", "disable")], Some(&key));
    assert!(again.status == 409 && again.text().contains("This was done before, at"), "{}", again.text());
    assert!(server.store.account_by_name("mei").unwrap().unwrap().disabled_at.is_none());
}

#[test]
fn the_audit_log_has_account_address_operation_and_both_values() {
    let server = TestServer::start();
    let owner = server.signed_in(Role::Owner);
    let fields = [("review", "manual"), ("gift_timeout_secs", "60"), ("return_window_secs", "600")];
    owner.app_submit("settings", "settings/rules", &fields);
    let card_id = server.create(card("GROUPON"));
    owner.app_submit("review", &format!("review/{card_id}"), &[("verdict", "pass")]);
    owner.app_submit("review", &format!("review/{card_id}"), &[("verdict", "pass")]);
    let log = owner.app_page("settings/audit");
    assert_eq!(log.matches("<code>card_review</code>").count(), 1, "a refused change has no entry");
    assert!(log.contains("<td>owner<br><span class=\"mono small muted\">127.0.0.1</span>"), "{log}");
    assert!(log.contains("<code>review</code> <del>auto</del> <ins>manual</ins>"), "{log}");
    assert!(log.find("card_review") < log.find("app_rules"), "the newest first");
}

#[test]
fn a_text_one_byte_too_long_is_refused_by_its_form_and_is_in_no_log() {
    let server = TestServer::manual();
    let owner = server.signed_in(Role::Owner);
    let waiting = server.create(card("GROUPON"));
    let passed = |card: Value| {
        let id = server.create(card);
        server.pass(&id);
        id
    };
    let code = server.claim(&passed(card("CASH")), "o1");
    let active = json!({"auto_activate": true, "activate_url": "", "supply_balance": true});
    let member = server.claim(&passed(card_with_both("MEMBER_CARD", json!({}), active)), "o1");
    let long = |bytes: usize| "x".repeat(bytes + 1);
    let (reason, url, name) = (long(512), format!("http://a/{}", long(1015)), long(64));
    let (bonus, balance, number) = (long(42), long(64), long(0).repeat(12) + "1");
    owner.set_cookie("kaquan_till", &page::encoded(&[("store", &long(128))]));
    let (of_code, of_member) = (format!("codes/{code}"), format!("codes/{member}"));
    type Form<'a> = (&'a str, String, Vec<(&'a str, &'a str)>);
    let forms: [Form<'_>; 8] = [
        ("review", format!("review/{waiting}"), vec![("verdict", "refuse"), ("reason", &reason)]),
        (&of_code, of_code.clone(), vec![("act", "unavailable"), ("sure", "1"), ("reason", &reason)]),
        (&of_member, of_member.clone(), vec![("act", "adjust"), ("add_bonus", "1"), ("why", &bonus)]),
        (&of_member, of_member.clone(), vec![("act", "adjust"), ("add_balance", "1"), ("why", &balance)]),
        ("till", "till/consume".to_owned(), vec![("code", &code)]),
        ("settings", "settings/accounts".to_owned(), vec![("name", &name), ("role", "clerk")]),
        ("settings", "settings/callback".to_owned(), vec![("url", &url), ("token", "tea1234")]),
        (
            "settings",
            "settings/rules".to_owned(),
            vec![("gift_timeout_secs", &number), ("return_window_secs", "0")],
        ),
    ];
    let before = server.changes(&server.app);
    for (page, path, fields) in &forms {
        let refused = owner.app_submit(page, path, fields);
        assert_eq!(refused.status, 422, "{path} {fields:?}: {}", refused.text());
    }
    assert!(server.changes(&server.app) == before);
    assert!(!owner.app_page("settings/audit").contains("xxxxxxxx"));
}
