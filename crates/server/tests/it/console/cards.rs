//! `/console/{appid}/cards`: the list, creating a card, changing it with a preview, its stock, and deleting it.

use crate::support::page::hidden;
use crate::support::*;
use kaquan_store::Role;

fn groupon_form() -> Vec<(&'static str, &'static str)> {
    vec![
        ("type", "GROUPON"),
        ("base_info.logo_url", "http://mmbiz.qpic.cn/logo"),
        ("base_info.brand_name", "山茶"),
        ("base_info.title", "双人下午茶"),
        ("base_info.color", "Color030"),
        ("base_info.notice", "到店出示"),
        ("base_info.description", "周末通用"),
        ("base_info.code_type", "CODE_TYPE_QRCODE"),
        ("base_info.date_info.type", "DATE_TYPE_FIX_TIME_RANGE"),
        ("base_info.date_info.begin_timestamp", "2026-03-01 00:00"),
        ("base_info.date_info.end_timestamp", "2026-06-30 23:59:59"),
        ("base_info.sku", "100"),
        ("base_info.can_give_friend", "true"),
        ("deal_detail", "两份茶点"),
    ]
}

fn create(surfer: &page::Surfer<'_>) -> String {
    let made = surfer.app_submit("cards/new?type=GROUPON", "cards/new", &groupon_form());
    assert_eq!(made.status, 303, "{}", made.text());
    let path = made.header("location").unwrap().to_owned();
    path.split('/').next_back().unwrap().split('?').next().unwrap().to_owned()
}

/// The fields of the edit form as a browser sends them, with some of them changed.
fn edited<'a>(server: &TestServer, card_id: &str, changes: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
    let app = server.app.id;
    let card = server.store.cards(app).unwrap().into_iter().find(|card| card.id.as_str() == card_id).unwrap();
    let mut fields = kaquan_server::form_input::unchanged_form(&card).0;
    for (name, value) in changes {
        fields.retain(|(key, _)| key != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields.push(("seen".to_owned(), kaquan_server::document_mark(&card)));
    fields
}

fn look(
    server: &TestServer,
    surfer: &page::Surfer<'_>,
    card_id: &str,
    changes: &[(&str, &str)],
) -> http::Response {
    let fields = edited(server, card_id, changes);
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let path = format!("cards/{card_id}/edit");
    surfer.app_submit(&path, &path, &fields)
}

fn save(surfer: &page::Surfer<'_>, card_id: &str, diff: &str) -> http::Response {
    let unescaped = |text: String| text.replace("&#34;", "\"").replace("&#38;", "&").replace("&#39;", "'");
    let fields = ["csrf", "once", "seen", "patch"].map(|name| (name, unescaped(hidden(diff, name))));
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    surfer.send("POST", &surfer.app_path(&format!("cards/{card_id}/save")), &page::encoded(&fields))
}

#[test]
fn a_card_is_made_from_the_form_and_is_the_same_through_the_api() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    assert!(surfer.app_page("cards/new").contains("cards/new?type=MEMBER_CARD"));
    let card_id = create(&surfer);
    let page = surfer.app_page(&format!("cards/{card_id}?done=create"));
    assert!(page.contains("双人下午茶") && page.contains("The card was created."), "{page}");
    let card = server.card(&card_id);
    assert_has(
        &card["groupon"]["base_info"],
        &json!({
            "title": "双人下午茶", "sku": {"quantity": 100}, "can_give_friend": true, "color": "#509fc9",
            "date_info": {"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": 1_772_294_400, "end_timestamp": 1_782_835_199},
        }),
        "base_info",
    );
    let list = surfer.app_page("cards?q=%E4%B8%8B%E5%8D%88");
    assert!(list.contains(&card_id) && !surfer.app_page("cards?q=xyz").contains(&card_id));
    assert!(!surfer.app_page("cards?status=CARD_STATUS_NOT_VERIFY").contains(&card_id));
}

#[test]
fn a_button_pressed_twice_makes_one_card() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let once = hidden(&surfer.app_page("cards/new?type=GROUPON"), "once");
    let mut fields = groupon_form();
    fields.push(("once", &once));
    let make = || surfer.app_submit("cards/new?type=GROUPON", "cards/new", &fields);
    let path = |made: http::Response| made.header("location").unwrap().split('?').next().unwrap().to_owned();
    assert_eq!(path(make()), path(make()));
    assert_eq!(server.store.cards(server.app.id).unwrap().len(), 1);
}

#[test]
fn every_card_type_has_a_form_that_keeps_its_input_when_refused() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    for kind in cards::CARD_TYPES {
        let page = surfer.app_page(&format!("cards/new?type={kind}"));
        for field in fields_of(kind) {
            use kaquan_core::card::OnCreate;
            let name = format!("name=\"{}", field.path());
            let given = field.create != OnCreate::Ignored;
            assert!(!given || page.contains(&name), "{kind} {name}");
        }
    }
    let mut fields = groupon_form();
    fields.retain(|(name, _)| *name != "base_info.title");
    let long = "长".repeat(10);
    fields.push(("base_info.title", &long));
    let refused = surfer.app_submit("cards/new?type=GROUPON", "cards/new", &fields);
    assert_eq!(refused.status, 422);
    let text = refused.text();
    assert!(text.contains("A text is too long (45021; base_info.title: 30 bytes, at most 27)"), "{text}");
    assert!(text.contains(&format!("value=\"{long}\" required aria-invalid=\"true\"")), "{text}");
    assert!(text.contains("value=\"到店出示\""));
}

#[test]
fn a_change_is_previewed_and_says_whether_it_needs_review() {
    let server = TestServer::manual();
    let surfer = server.signed_in(Role::Operator);
    let card_id = create(&surfer);
    server.pass(&card_id);
    let diff = look(&server, &surfer, &card_id, &[("base_info.service_phone", "10086")]);
    assert!(diff.text().contains("takes effect at once") && diff.text().contains("<ins>10086</ins>"));
    assert_eq!(server.base_info(&card_id).get("service_phone"), None, "nothing was saved yet");
    let saved = save(&surfer, &card_id, diff.text());
    assert!(saved.header("location").unwrap().ends_with("?done=update"), "{}", saved.text());
    assert_eq!(server.status(&card_id), "CARD_STATUS_VERIFY_OK");
    let diff = look(&server, &surfer, &card_id, &[("base_info.notice", "请提前预约")]);
    assert!(diff.text().contains("back to review") && diff.text().contains("<del>到店出示</del>"));
    let saved = save(&surfer, &card_id, diff.text());
    assert!(saved.header("location").unwrap().ends_with("?done=review"));
    assert_eq!(server.status(&card_id), "CARD_STATUS_NOT_VERIFY");
    assert_eq!(server.base_info(&card_id)["service_phone"], "10086");
}

#[test]
fn an_untouched_form_changes_nothing_and_a_forbidden_change_is_refused() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    for kind in cards::CARD_TYPES {
        let card_id = server.create(card(kind));
        let untouched = look(&server, &surfer, &card_id, &[]);
        assert!(untouched.text().contains("Nothing was changed."), "{kind}: {}", untouched.text());
    }
    let card_id = create(&surfer);
    let narrower = [("base_info.date_info.end_timestamp", "2026-05-01")];
    let refused = look(&server, &surfer, &card_id, &narrower);
    assert!(refused.status == 422 && refused.text().contains("can only widen"), "{}", refused.text());
    assert!(refused.text().contains("value=\"2026-05-01 23:59"), "the form keeps its input");
}

#[test]
fn a_change_that_is_sent_again_is_shown_as_done_before() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let card_id = create(&surfer);
    let diff = look(&server, &surfer, &card_id, &[("base_info.service_phone", "10086")]);
    assert!(save(&surfer, &card_id, diff.text()).header("location").unwrap().ends_with("?done=update"));
    let again = save(&surfer, &card_id, diff.text());
    let page = surfer.page(again.header("location").unwrap());
    assert!(page.contains("This was done before, at") && !page.contains("The change was saved"), "{page}");
}

#[test]
fn a_form_is_not_saved_over_a_change_since_it_was_opened() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let card_id = create(&surfer);
    let diff = look(&server, &surfer, &card_id, &[("base_info.service_phone", "10086")]);
    // This happens within the same second.
    server.update_base(&card_id, "GROUPON", json!({"service_phone": "12345"}));
    let refused = save(&surfer, &card_id, diff.text());
    assert!(refused.status == 422 && refused.text().contains("The card was changed since"));
    assert_eq!(server.base_info(&card_id)["service_phone"], "12345");
}

#[test]
fn deleting_a_card_needs_a_tick_and_changing_its_stock_none() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let card_id = create(&surfer);
    let page = format!("cards/{card_id}");
    let stock =
        |change: &str| surfer.app_submit(&page, &format!("{page}/stock"), &[("change", change)]).status;
    assert_eq!((stock("50"), server.stock(&card_id)), (303, (150, 150)));
    assert_eq!((stock("-20"), server.stock(&card_id)), (303, (130, 130)));
    assert_eq!((stock("-131"), stock("many"), server.stock(&card_id)), (422, 422, (130, 130)));
    let delete = |sure: &[(&str, &str)]| surfer.app_submit(&page, &format!("{page}/delete"), sure).status;
    assert_eq!((delete(&[]), server.status(&card_id).as_str()), (303, "CARD_STATUS_VERIFY_OK"));
    assert_eq!(delete(&[("sure", "true")]), 303);
    assert_eq!(server.status(&card_id), "CARD_STATUS_DELETE");
    assert!(!surfer.app_page("cards").contains(&card_id));
    assert!(surfer.app_page("cards?status=CARD_STATUS_DELETE").contains(&card_id));
    assert_eq!(surfer.get(&surfer.app_path("cards/pNowhere")).status, 404);
}

#[test]
fn the_qr_code_of_a_card_leads_to_its_claim_page() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    let card_id = create(&surfer);
    let page = surfer.app_page(&format!("cards/{card_id}"));
    let src = page.split("id=\"claim-qr\" src=\"").nth(1).unwrap().split('"').next().unwrap();
    let link = read_qr(&surfer.get(src).body);
    assert!(link.starts_with(&format!("http://{}/w/q/", server.address())) && page.contains(&link), "{link}");
}

#[test]
fn a_value_of_every_field_goes_through_the_form_as_it_is() {
    use kaquan_core::card::{CardType, OnCreate};
    use kaquan_server::{form, form_input};
    let server = TestServer::start();
    for kind in cards::CARD_TYPES {
        let card_type = CardType::from_wire(kind).unwrap();
        for field in fields_of(kind).into_iter().filter(|field| field.create != OnCreate::Ignored) {
            let mut given = card(kind)[key_of(kind)].clone();
            limits::set(&mut given, field, server.sample(field));
            let mut sent = Vec::new();
            let lang = kaquan_server::Lang::En;
            let section = given.as_object().unwrap();
            for part in form::parts(lang, card_type, form::Purpose::Create, section, "") {
                part.inputs.iter().for_each(|input| input.add_unchanged(&mut sent));
            }
            let document = form_input::new_section(card_type, &kaquan_server::Fields(sent));
            let read_back = limits::get(&Value::from(document), field).clone();
            let expected = limits::get(&given, field).clone();
            // A form cannot distinguish an unchecked checkbox from a missing one, or a number from its text.
            if expected != json!(false) && expected != json!("") {
                assert_eq!(read_back, expected, "{kind} {}", field.path());
            }
        }
    }
}

#[test]
fn an_untouched_form_changes_nothing_whatever_the_card_has() {
    use kaquan_core::card::OnCreate;
    use kaquan_server::form_input;
    let server = TestServer::start();
    for kind in cards::CARD_TYPES {
        for field in fields_of(kind).into_iter().filter(|field| field.create != OnCreate::Ignored) {
            let mut given = card(kind);
            limits::set(&mut given[key_of(kind)], field, server.sample(field));
            let id = server.create(given);
            let cards = server.store.cards(server.app.id).unwrap();
            let card = cards.iter().find(|card| card.id.as_str() == id).unwrap();
            let patch = form_input::patch(card, &form_input::unchanged_form(card));
            assert!(patch.is_empty(), "{kind} {}: {patch:?}", field.path());
        }
    }
}
