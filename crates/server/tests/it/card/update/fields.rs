//! Tests `card/update` with every row of the field table, for every card type: allowed or refused with 47001, reviewed
//! or not, at the limit and beyond it, blanked, and read back. The app reviews manually, so that the tests see when a
//! card goes back to review.

use super::{patch, refused};
use crate::support::limits::{ascii, chinese, get, leaves, sample, set};
use crate::support::*;
use kaquan_core::card::{FIELDS, Field, Kind, OnCreate, OnUpdate};

for_every_card_type! {
    texts_change_up_to_their_limit_and_the_table_sends_them_to_review
    texts_are_blanked_unless_a_card_cannot_be_without_them
    values_of_other_kinds_change
    values_out_of_bounds_or_of_a_wrong_type_change_nothing
    fields_that_cannot_be_updated_are_refused_with_the_rest_of_the_request
    fields_that_cannot_be_updated_may_repeat_the_value_they_have
    fields_of_other_card_types_are_refused
}

/// An approved card of an app with manual review.
fn reviewed(card_type: &str) -> (TestServer, String) {
    let server = TestServer::manual();
    let id = server.create(card(card_type));
    server.pass(&id);
    (server, id)
}

/// The request that sets one field.
fn one_field(id: &str, card_type: &str, field: &Field, value: Value) -> Value {
    let mut section = json!({});
    set(&mut section, field, value);
    patch(id, card_type, section)
}

/// Updates, checks `send_check` and the status against the table, and approves the card again if necessary.
fn update(server: &TestServer, id: &str, card_type: &str, field: &Field, value: Value) {
    let reviews = matches!(field.update, OnUpdate::Review | OnUpdate::ReviewNotBlank);
    let reply = server.ok("/card/update", one_field(id, card_type, field, value));
    assert_eq!(reply["send_check"], reviews, "{}", field.path());
    let status = if reviews { "CARD_STATUS_NOT_VERIFY" } else { "CARD_STATUS_VERIFY_OK" };
    assert_eq!(server.status(id), status, "{}", field.path());
    if reviews {
        server.pass(id);
    }
}

fn updatable(card_type: &str) -> impl Iterator<Item = &'static Field> {
    fields_of(card_type).into_iter().filter(|field| field.update != OnUpdate::Refused)
}

fn texts_change_up_to_their_limit_and_the_table_sends_them_to_review(card_type: &str) {
    let (server, id) = reviewed(card_type);
    for field in updatable(card_type) {
        for leaf in leaves(field) {
            for fill in [ascii, chinese] {
                let value = leaf.value(fill(leaf.max));
                update(&server, &id, card_type, field, value.clone());
                assert_has(get(&server.section(&id), field), &value, &leaf.path);
                let too_long = one_field(&id, card_type, field, leaf.value(fill(leaf.max + 1)));
                let tail = refused(&server, &id, too_long, 45021);
                let reason = format!("{}: {} bytes, at most {}", leaf.path, leaf.max + 1, leaf.max);
                assert_eq!(tail, reason);
            }
        }
    }
}

fn texts_are_blanked_unless_a_card_cannot_be_without_them(card_type: &str) {
    let (server, id) = reviewed(card_type);
    for field in updatable(card_type) {
        match field.kind {
            Kind::Text { .. } | Kind::Link { .. } if field.update != OnUpdate::ReviewNotBlank => {
                update(&server, &id, card_type, field, json!("x"));
                update(&server, &id, card_type, field, json!(""));
                assert_eq!(*get(&server.section(&id), field), "", "{}", field.path());
            }
            Kind::Text { .. } | Kind::Link { .. } | Kind::Choice { .. } | Kind::Color => {
                let blank = one_field(&id, card_type, field, json!(""));
                assert_eq!(refused(&server, &id, blank, 41011), field.accessor());
            }
            _ => {}
        }
    }
}

fn values_of_other_kinds_change(card_type: &str) {
    let (server, id) = reviewed(card_type);
    for field in updatable(card_type) {
        let values = match field.kind {
            Kind::Text { .. } | Kind::Link { .. } | Kind::DateInfo => continue,
            Kind::Flag if matches!(field.update, OnUpdate::OnlyOn | OnUpdate::StaysOn) => continue,
            Kind::Flag => {
                vec![(json!(true), json!(true)), (json!("false"), json!(false)), (json!(1), json!(true))]
            }
            Kind::Int { min, max, .. } => {
                vec![(json!(min), json!(min)), (json!(max), json!(max)), (json!("7"), json!(7))]
            }
            Kind::Limit { max, .. } => vec![(json!(max), json!(max)), (json!("3"), json!(3))],
            Kind::Choice { of, .. } => of.iter().map(|name| (json!(name), json!(name))).collect(),
            Kind::Color => vec![(json!("Color102"), json!("#5E6671")), (json!("Color010"), json!("#63b359"))],
            _ => vec![(sample(&field.kind), sample(&field.kind))],
        };
        for (given, stored) in values {
            update(&server, &id, card_type, field, given);
            assert_has(get(&server.section(&id), field), &stored, &field.path());
        }
    }
}

fn values_out_of_bounds_or_of_a_wrong_type_change_nothing(card_type: &str) {
    let (server, id) = reviewed(card_type);
    for field in updatable(card_type) {
        let bad = match field.kind {
            Kind::Text { .. } | Kind::TextOrZero { .. } | Kind::Link { .. } => {
                vec![(json!(true), 47001), (json!(["x"]), 47001), (json!("a\u{1}"), 47001)]
            }
            Kind::Flag => vec![(json!(2), 47001), (json!("yes"), 47001)],
            Kind::Int { min, max, refusal, .. } => {
                let code = refusal.number();
                vec![(json!(min - 1), code), (json!(max + 1), code), (json!(0.5), code), (json!("x"), 47001)]
            }
            Kind::Limit { max, refusal } => {
                vec![(json!(max + 1), refusal.number()), (json!(-1), refusal.number()), (json!([]), 47001)]
            }
            Kind::Choice { refusal, .. } => vec![(json!("NO_SUCH"), refusal.number()), (json!(1), 47001)],
            Kind::Color => vec![(json!("Color011"), 40076), (json!(10), 47001)],
            Kind::Object(_) => vec![(json!("x"), 47001), (json!({"no_such_member": 1}), 47001)],
            Kind::Locations => vec![(json!(["x"]), 40072), (json!({}), 47001)],
            Kind::DateInfo => vec![(json!("x"), 47001), (json!({"end_timestamp": "x"}), 47001)],
            Kind::Sku | Kind::List { .. } | Kind::OffOnly => continue,
        };
        for (value, errcode) in bad {
            let tail = refused(&server, &id, one_field(&id, card_type, field, value), errcode);
            assert!(tail.contains(field.key), "{tail}");
        }
    }
}

fn fields_that_cannot_be_updated_are_refused_with_the_rest_of_the_request(card_type: &str) {
    let (server, id) = reviewed(card_type);
    for field in fields_of(card_type).into_iter().filter(|field| field.update == OnUpdate::Refused) {
        let value = match field.key {
            // The card already has the sample value, which an update may repeat.
            "sub_card_type" => json!("VOUCHER"),
            _ => sample(&field.kind),
        };
        let rest = format!("Error before \":{value}");
        let rest: String = rest.chars().take(60).collect();
        let tail = refused(&server, &id, one_field(&id, card_type, field, value), 47001);
        assert!(tail.starts_with(&format!("{}.{}: ", key_of(card_type), field.path())), "{tail}");
        assert!(tail.contains(&rest), "{tail} lacks {rest}");
    }
}

fn fields_that_cannot_be_updated_may_repeat_the_value_they_have(card_type: &str) {
    let server = TestServer::start();
    for field in fields_of(card_type) {
        if field.update != OnUpdate::Refused && !matches!(field.kind, Kind::DateInfo) {
            continue;
        }
        let mut given = card(card_type);
        if field.create != OnCreate::Ignored {
            set(&mut given[key_of(card_type)], field, server.sample(field));
        }
        let id = server.create(given.clone());
        let before = server.section(&id);
        let as_created = get(&given[key_of(card_type)], field).clone();
        for value in [as_created, get(&before, field).clone(), Value::Null] {
            let reply = server.ok("/card/update", one_field(&id, card_type, field, value.clone()));
            assert_eq!(reply["send_check"], false, "{}: {value}", field.path());
            let after = server.section(&id);
            assert_eq!(get(&after, field).to_string(), get(&before, field).to_string(), "{}", field.path());
        }
    }
}

fn fields_of_other_card_types_are_refused(card_type: &str) {
    let (server, id) = reviewed(card_type);
    let own = fields_of(card_type);
    let has = |field: &Field| own.iter().any(|own| own.key == field.key && own.place == field.place);
    for field in FIELDS.iter().filter(|field| !has(field)) {
        refused(&server, &id, one_field(&id, card_type, field, sample(&field.kind)), 47001);
    }
    for section in [json!({"no_such_key": 1}), json!({"base_info": {"no_such_key": 1}})] {
        refused(&server, &id, patch(&id, card_type, section), 47001);
    }
}
