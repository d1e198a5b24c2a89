//! The forms of the console and of the wallet: each sent from its page, again from the same page, without its key, and
//! with other content under a used key. The forms come from the routers, so a new form needs a line here.

use super::{HOLDER, STRANGER, World, calls};
use crate::support::page::{Surfer, encoded, hidden};
use crate::support::*;
use axum::http::Method;
use kaquan_store::{AppRow, Callback, Grant, Role};

/// The effect of a form.
enum Form {
    /// It changes something and must be done once. The cases are its buttons.
    Once(Vec<Case>),
    /// It begins or ends a session, so the token of an older page is no longer valid.
    Session,
    /// It changes nothing on the server.
    Nothing,
}

/// One button of a form.
struct Case {
    /// The page of the form.
    page: String,
    /// Where the form is sent.
    path: String,
    fields: Vec<(&'static str, String)>,
}

/// A button of a form that is sent to this path.
fn case(page: &str, path: &str, fields: &[(&'static str, &str)]) -> Case {
    let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Case { page: page.to_owned(), path: path.to_owned(), fields }
}

/// The forms of the console. A new one needs a line here.
fn of_console(world: &World, path: &str) -> Form {
    use Form::{Nothing, Once, Session};
    let World { server, coupon, waiting, code, consumed, member, receiver, .. } = world;
    let app = format!("/console/{}", server.app.appid);
    let at = |page: &str, path: &str, fields: &[(&'static str, &str)]| {
        case(&format!("{app}/{page}"), &format!("{app}/{path}"), fields)
    };
    let of_card = |form: &str, fields: &[(&'static str, &str)]| {
        at(&format!("cards/{coupon}"), &format!("cards/{coupon}/{form}"), fields)
    };
    let of_code = |code: &str, fields: &[(&'static str, &str)]| {
        at(&format!("codes/{code}"), &format!("codes/{code}"), fields)
    };
    let of_till = |form: &str, code: &str, fee: Option<(&'static str, &str)>| {
        let fields: Vec<_> = [("code", code)].into_iter().chain(fee).collect();
        at(&format!("till?code={code}"), &format!("till/{form}"), &fields)
    };
    let setting = |form: &str, fields: &[(&'static str, &str)]| at("settings", form, fields);
    let event = world.event().to_string();
    let account = server.store.account_by_name("doors-clerk").unwrap().unwrap().id.0;
    Once(match path {
        "/console/login" | "/console/enter/{token}" | "/console/logout" => return Session,
        "/console/account/password" | "/console/account/elsewhere" => return Session,
        "/console/{appid}/cards/{card_id}/edit" | "/console/{appid}/till/store" => return Nothing,
        "/console/{appid}/cards/new" => vec![at("cards/new?type=GIFT", "cards/new", &NEW_CARD)],
        "/console/{appid}/cards/{card_id}/save" => {
            let patch = ("patch", r#"{"groupon":{"base_info":{"notice":"n"}}}"#);
            vec![at(&format!("cards/{coupon}/edit"), &format!("cards/{coupon}/save"), &[patch])]
        }
        "/console/{appid}/cards/{card_id}/stock" => vec![of_card("stock", &[("change", "5")])],
        "/console/{appid}/cards/{card_id}/delete" => vec![of_card("delete", &[("sure", "1")])],
        "/console/{appid}/cards/{card_id}/form" => {
            let section = json!({"activate_url": "", "wx_activate": true});
            let id = server.create(card_with_both("MEMBER_CARD", json!({}), section));
            vec![at(&format!("cards/{id}"), &format!("cards/{id}/form"), &[])]
        }
        "/console/{appid}/review/{card_id}" => ["pass", "refuse"]
            .map(|verdict| {
                at("review", &format!("review/{waiting}"), &[("verdict", verdict), ("reason", "r")])
            })
            .into(),
        "/console/{appid}/codes/{code}" => vec![
            of_code(code, &[("act", "unavailable"), ("sure", "1"), ("reason", "r")]),
            of_code(consumed, &[("act", "return")]),
            of_code(member, &[("act", "adjust"), ("add_bonus", "5"), ("why", "w")]),
            of_code(code, &[("act", "resend"), ("event", &event)]),
        ],
        "/console/{appid}/till/consume" => vec![of_till("consume", code, None)],
        "/console/{appid}/till/undo" => vec![of_till("undo", consumed, None)],
        "/console/{appid}/till/pay" => vec![of_till("pay", member, Some(("fee", "50")))],
        "/console/{appid}/events/{event}" => {
            vec![at(&format!("events/{event}"), &format!("events/{event}"), &[])]
        }
        "/console/{appid}/settings/rules" => {
            let rules = [("review", "auto"), ("gift_timeout_secs", "60"), ("return_window_secs", "600")];
            vec![setting("settings/rules", &rules)]
        }
        "/console/{appid}/settings/secret" => vec![setting("settings/secret", &[("sure", "1")])],
        "/console/{appid}/settings/callback" => {
            let fields = [("url", receiver.url.as_str()), ("mode", "json"), ("policy", "durable")];
            vec![setting("settings/callback", &fields)]
        }
        "/console/{appid}/settings/callback/test" => vec![setting("settings/callback/test", &[])],
        "/console/{appid}/settings/callback/delete" => vec![setting("settings/callback/delete", &[])],
        "/console/{appid}/settings/identity" => {
            let fields = [("provider", "signed_link"), ("link_secret", "0123456789abcdef")];
            vec![setting("settings/identity", &fields)]
        }
        "/console/{appid}/settings/upstream" => {
            let fields = [("appid", REAL_APPID), ("secret", REAL_SECRET)];
            vec![at("settings/upstream", "settings/upstream", &fields)]
        }
        "/console/{appid}/settings/upstream/delete" => {
            let set = json!({"appid": REAL_APPID, "secret": REAL_SECRET});
            server.ok("/kaquan/v1/upstream/set", set);
            vec![at("settings/upstream", "settings/upstream/delete", &[])]
        }
        "/console/{appid}/settings/accounts" => {
            vec![setting("settings/accounts", &[("name", "mei"), ("role", "clerk"), ("scope", "app")])]
        }
        "/console/{appid}/settings/accounts/{account}" => {
            let (path, store) =
                (format!("settings/accounts/{account}"), server.add_store("一店").to_string());
            let store = setting(&path, &[("act", "store"), ("location_id", &store)]);
            let mut cases: Vec<_> = ["link", "disable"].map(|act| setting(&path, &[("act", act)])).into();
            cases.push(store);
            cases
        }
        path => panic!("POST {path} has no line in doors/once.rs: say what its form does"),
    })
}

/// The fields that the form of a new card needs.
const NEW_CARD: [(&str, &str); 12] = [
    ("type", "GIFT"),
    ("base_info.logo_url", "http://a/b"),
    ("base_info.brand_name", "茶"),
    ("base_info.title", "茶"),
    ("base_info.color", "Color030"),
    ("base_info.notice", "出示"),
    ("base_info.description", "通用"),
    ("base_info.code_type", "CODE_TYPE_QRCODE"),
    ("base_info.date_info.type", "DATE_TYPE_FIX_TERM"),
    ("base_info.date_info.fixed_term", "30"),
    ("base_info.sku", "9"),
    ("gift", "茶"),
];

/// The forms of the wallet. A new one needs a line here.
fn of_wallet(world: &World, path: &str) -> Form {
    let World { server, coupon, member_card, code, gifting, .. } = world;
    let app = format!("/w/{}", server.app.appid);
    let own = |path: &str, fields: &[(&'static str, &str)]| case(path, path, fields);
    Form::Once(match path {
        "/w/{appid}/who" | "/w/{appid}/leave" => return Form::Session,
        "/w/q/{ticket}" => vec![own(&format!("/w/q/{}", calls::ticket(world)), &[("place", "0")])],
        "/w/s/{link}" => {
            vec![own(&format!("/w/s/{}", super::wallet::sms_link(world)), &[("place", "0")])]
        }
        "/w/{appid}/card/{card_id}" => vec![own(&format!("{app}/card/{coupon}"), &[("place", "0")])],
        "/w/{appid}/codes/{code}" => vec![
            own(&format!("{app}/codes/{code}"), &[("act", "give")]),
            own(&format!("{app}/codes/{gifting}"), &[("act", "cancel")]),
            own(&format!("{app}/codes/{code}"), &[("act", "delete"), ("sure", "1")]),
        ],
        "/w/{appid}/gift/{gift}" => {
            vec![own(&format!("{app}/gift/{}", super::wallet::gift(world)), &[])]
        }
        "/w/{appid}/activate/{card_id}" => {
            let mobile = ("common.USER_FORM_INFO_FLAG_MOBILE", "13800138000");
            vec![own(&format!("{app}/activate/{member_card}"), &[mobile, ("own.职业", "旅行家")])]
        }
        path => panic!("POST {path} has no line in doors/once.rs: say what its form does"),
    })
}

/// The data that a form of the first app may change.
fn state(world: &World) -> (impl PartialEq + std::fmt::Debug, AppRow, Option<Callback>, String) {
    let (store, app) = (&world.server.store, world.server.app.id);
    let row = store.apps().unwrap().into_iter().find(|row| row.app.id == app).unwrap();
    let accounts = format!("{:?}", store.accounts().unwrap());
    (world.server.changes(&world.server.app), row, store.callback(app).unwrap(), accounts)
}

/// The text of a form's answer, or of the page to which the answer redirects.
fn text(surfer: &Surfer<'_>, answer: &http::Response) -> String {
    match answer.header("location") {
        Some(to) => surfer.page(to),
        None => answer.text().to_owned(),
    }
}

/// The hidden fields of the form on its page.
fn drawn(surfer: &Surfer<'_>, case: &Case) -> Vec<(&'static str, String)> {
    let page = surfer.page(&case.page);
    let form = page.split("<form ").find(|form| form.contains(&format!("action=\"{}\"", case.path)));
    let form = form.or_else(|| page.split("<form ").find(|form| form.contains("name=\"once\"")));
    let form = form.unwrap_or_else(|| panic!("no form with a key on {}: {page}", case.page));
    ["csrf", "once", "seen"].map(|name| (name, hidden(form, name))).into()
}

fn is_done_once(world: &World, surfer: &mut Surfer<'_>, case: &Case) {
    let Case { path, fields, .. } = case;
    let send = |surfer: &Surfer<'_>, fields: &[(&str, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        surfer.send("POST", path, &encoded(&fields))
    };
    let form: Vec<_> = drawn(surfer, case).into_iter().chain(fields.iter().cloned()).collect();
    let before = state(world);
    let keyless: Vec<_> = form.iter().filter(|(name, _)| *name != "once").cloned().collect();
    let refused = send(surfer, &keyless);
    assert_eq!(refused.status, 409, "{path} without its key: {}", refused.text());
    assert!(refused.text().contains("The form arrived incomplete."), "{path}: {}", refused.text());
    assert!(state(world) == before, "{path} without its key changed something");

    let at = format!("{} 12:00:00", world.server.date(0));
    let done = send(surfer, &form);
    let said = text(surfer, &done);
    assert!([200, 303].contains(&done.status) && !said.contains("role=\"alert\""), "{path}: {said}");
    let after = state(world);
    assert!(after != before, "{path} {fields:?} changed nothing");
    world.server.clock.advance(60);
    let english = format!("This was done before, at {at}. Nothing was changed now.");
    let chinese = format!("此操作先前已完成，时间：{at}。本次没有任何改动");
    for (language, again) in [("zh", chinese), ("en", english)] {
        surfer.language = language;
        let said = text(surfer, &send(surfer, &form));
        assert!(said.contains(&again) && !said.contains("alert good"), "{path} again: {said}");
    }
    let other: Vec<_> = form.iter().cloned().chain([("other", "x".to_owned())]).collect();
    let said = text(surfer, &send(surfer, &other));
    assert!(
        said.contains(&format!("This page was sent before with other input, at {at}.")),
        "{path} with other content: {said}"
    );
    assert!(state(world) == after, "{path} again changed something");
}

/// A world whose latest event was pushed.
fn world() -> World {
    let world = World::build();
    world.server.push_to(&world.receiver);
    world.server.claim(&world.coupon, HOLDER);
    world.server.wait_for_push();
    world
}

#[test]
fn every_form_of_the_console_is_done_once() {
    let posts = kaquan_server::console_router::routes().into_iter().filter(|it| it.method == Method::POST);
    for route in posts {
        let mut at = 0;
        loop {
            let world = world();
            let Form::Once(cases) = of_console(&world, route.path) else { break };
            let Some(case) = cases.get(at) else { break };
            let mut surfer = world.server.signed_in_as("once", Grant { app: None, role: Role::Owner });
            is_done_once(&world, &mut surfer, case);
            at += 1;
        }
    }
}

#[test]
fn every_form_of_the_wallet_is_done_once() {
    let posts = kaquan_server::wallet_router::routes().into_iter().filter(|it| it.method == Method::POST);
    for route in posts {
        let mut at = 0;
        loop {
            let world = world();
            let Form::Once(cases) = of_wallet(&world, route.path) else { break };
            let Some(case) = cases.get(at) else { break };
            let of_holder = route.path.contains("/codes/");
            let openid = if of_holder { HOLDER } else { STRANGER };
            let mut surfer = world.holder_of(&world.server.app, openid);
            is_done_once(&world, &mut surfer, case);
            at += 1;
        }
    }
}

/// The templates whose forms need no key: they end a session, or their pages have no frame.
const WITHOUT_KEY: [&str; 5] = [
    "console/frame.html",
    "wallet/frame.html",
    "console/login.html",
    "console/login_link.html",
    "wallet/who.html",
];

#[test]
fn every_form_in_a_template_has_the_hidden_fields_of_its_frame() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/templates"));
    let (mut folders, mut forms) = (vec![root.to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let text = std::fs::read_to_string(&entry).unwrap();
            let name = entry.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            for form in text.split("<form ").skip(1).filter(|form| form.contains("method=\"post\"")) {
                forms += 1;
                let form = form.split("</form>").next().unwrap();
                let has_key = form.contains("{{ frame.hidden(");
                assert!(has_key || WITHOUT_KEY.contains(&name.as_str()), "{name}: {form}");
            }
        }
    }
    assert!(forms > 20, "{forms} forms were found");
}
