//! Tests `card/create` with every row of the field table, for every card type: values at the limit, beyond it, blank,
//! missing and of a wrong type. Accepted values are read back with `card/get`. The rows come from kaquan's table;
//! `card/field_table.rs` checks the table itself.

use crate::support::limits::{ascii, chinese, get, leaves, set};
use crate::support::*;
use kaquan_core::card::{Field, Kind, OnCreate};

for_every_card_type! {
    texts_are_taken_up_to_their_limit_in_bytes_and_read_back
    values_of_other_kinds_are_read_back
    numbers_and_names_out_of_bounds_are_refused
    required_fields_cannot_be_missing_or_blank
    values_of_a_wrong_json_type_are_refused
    fields_of_replies_only_are_accepted_and_not_stored
}

/// A new card of this type with one field set.
fn with(card_type: &str, field: &Field, value: Value) -> Value {
    let mut card = card(card_type);
    set(&mut card[key_of(card_type)], field, value);
    card
}

fn expect(server: &TestServer, card: Value, errcode: i32) -> String {
    server.expect_errcode("/card/create", json!({"card": card}), errcode)
}

fn texts_are_taken_up_to_their_limit_in_bytes_and_read_back(card_type: &str) {
    let server = TestServer::start();
    for field in fields_of(card_type) {
        if matches!(field.create, OnCreate::Ignored) {
            continue;
        }
        for leaf in leaves(field) {
            for fill in [ascii, chinese] {
                let value = leaf.value(fill(leaf.max));
                let id = server.create(with(card_type, field, value.clone()));
                assert_has(get(&server.section(&id), field), &value, &leaf.path);
                let too_long = with(card_type, field, leaf.value(fill(leaf.max + 1)));
                let tail = expect(&server, too_long, 45021);
                let reason = format!("{}: {} bytes, at most {}", leaf.path, leaf.max + 1, leaf.max);
                assert_eq!(tail, reason);
            }
        }
    }
}

fn values_of_other_kinds_are_read_back(card_type: &str) {
    let server = TestServer::start();
    for field in fields_of(card_type) {
        if matches!(field.create, OnCreate::Ignored) {
            continue;
        }
        let value = server.sample(field);
        let read_back = match field.kind {
            Kind::Text { .. } | Kind::Link { .. } => value.clone(),
            Kind::Color => "#a9d92d".into(),
            Kind::Sku => json!({"quantity": 7, "total_quantity": 7}),
            _ => value.clone(),
        };
        let id = server.create(with(card_type, field, value));
        assert_has(get(&server.section(&id), field), &read_back, &field.path());
        // A reply always has the lists of `advanced_info`, even for an empty value.
        let spellings = other_spellings(&field.kind);
        for (given, stored) in spellings.into_iter().filter(|_| field.key != "advanced_info") {
            let id = server.create(with(card_type, field, given.clone()));
            assert_eq!(*get(&server.section(&id), field), stored, "{} given as {given}", field.path());
        }
    }
}

/// Values as clients write them, each with the stored value; `null` if the written value means "not given".
fn other_spellings(kind: &Kind) -> Vec<(Value, Value)> {
    match *kind {
        Kind::Flag => vec![
            (json!("true"), json!(true)),
            (json!("false"), json!(false)),
            (json!(1), json!(true)),
            (json!("0"), json!(false)),
        ],
        Kind::Int { min, max, .. } => {
            vec![(json!(min), json!(min)), (json!(max.to_string()), json!(max)), (json!(7.0), json!(7))]
        }
        Kind::Limit { .. } => {
            vec![(json!("3"), json!(3)), (json!(0), Value::Null), (json!("0"), Value::Null)]
        }
        Kind::Choice { of, .. } => of.iter().map(|name| (json!(name), json!(name))).collect(),
        Kind::Text { max } | Kind::Link { max } if max >= 4 => {
            vec![(json!(125), json!("125")), (json!(12.5), json!("12.5")), (json!(12.0), json!("12"))]
        }
        Kind::Object(_) => vec![(json!([]), Value::Null)],
        Kind::Color => {
            vec![(json!("#1D75AC"), json!("#1D75AC")), (json!("#63B359"), json!("#63B359"))]
        }
        Kind::Locations => vec![(json!(["123,456", 789]), json!([123, 456, 789]))],
        _ => Vec::new(),
    }
}

fn numbers_and_names_out_of_bounds_are_refused(card_type: &str) {
    let server = TestServer::start();
    for field in fields_of(card_type) {
        if matches!(field.create, OnCreate::Ignored) {
            continue;
        }
        let (bad, refusal) = match field.kind {
            Kind::Int { min, max, refusal, .. } => {
                let mut bad = vec![json!(min - 1), json!(-1), json!(u64::MAX), json!(1.5), json!("-7")];
                bad.extend(max.checked_add(1).map(Value::from));
                (bad, refusal.number())
            }
            Kind::Limit { max, refusal } => {
                (vec![json!(max + 1), json!(-1), json!((max + 1).to_string()), json!(0.5)], refusal.number())
            }
            Kind::Choice { refusal, .. } => {
                (vec![json!("NO_SUCH_NAME"), json!("code_type_text")], refusal.number())
            }
            Kind::Color => (vec![json!("Color011"), json!("#63b35"), json!("red")], 40076),
            _ => continue,
        };
        for value in bad {
            let tail = expect(&server, with(card_type, field, value), refusal);
            assert!(tail.starts_with(&format!("{}: ", field.path())), "{tail}");
        }
    }
}

fn required_fields_cannot_be_missing_or_blank(card_type: &str) {
    let server = TestServer::start();
    for field in fields_of(card_type) {
        let required = matches!(field.create, OnCreate::Required | OnCreate::RequiredMayBeBlank);
        let mut without = card(card_type);
        let section = &mut without[key_of(card_type)];
        let object = match field.path().starts_with("base_info.") {
            true => section["base_info"].as_object_mut(),
            false => section.as_object_mut(),
        };
        object.expect("an object").shift_remove(field.key);
        let null = with(card_type, field, Value::Null);
        if !required {
            if field.key != "activate_url" {
                server.create(without);
                server.create(null);
            }
            continue;
        }
        for card in [without, null] {
            assert_eq!(expect(&server, card, 41011), field.accessor());
        }
        match field.create {
            OnCreate::RequiredMayBeBlank => drop(server.create(with(card_type, field, json!("")))),
            _ => match field.kind {
                Kind::Sku | Kind::DateInfo => {}
                _ => assert_eq!(expect(&server, with(card_type, field, json!("")), 41011), field.accessor()),
            },
        }
    }
}

fn values_of_a_wrong_json_type_are_refused(card_type: &str) {
    let server = TestServer::start();
    for field in fields_of(card_type) {
        if matches!(field.create, OnCreate::Ignored) {
            continue;
        }
        let bad = match field.kind {
            Kind::Text { .. } | Kind::TextOrZero { .. } | Kind::Link { .. } => {
                vec![json!(true), json!([5]), json!({"a": 1})]
            }
            Kind::Choice { .. } | Kind::Color => vec![json!(5), json!(true), json!({"a": 1})],
            Kind::Flag => vec![json!(2), json!("yes"), json!([true]), json!({})],
            Kind::Int { .. } | Kind::Limit { .. } => vec![json!("many"), json!(true), json!([1])],
            Kind::Object(_) | Kind::DateInfo => vec![json!(5), json!("text"), json!([1])],
            Kind::List { .. } => vec![json!(5), json!(true)],
            Kind::Locations => vec![json!(true), json!({"a": 1})],
            Kind::Sku | Kind::OffOnly => continue,
        };
        for value in bad {
            let tail = expect(&server, with(card_type, field, value.clone()), 47001);
            assert!(tail.contains(field.key), "{} as {value}: {tail}", field.path());
        }
        if matches!(field.kind, Kind::Text { .. } | Kind::Link { .. }) {
            for control in ["\u{0}", "a\u{1b}b", "\u{7f}"] {
                expect(&server, with(card_type, field, json!(control)), 47001);
            }
        }
    }
}

fn fields_of_replies_only_are_accepted_and_not_stored(card_type: &str) {
    let server = TestServer::start();
    for field in fields_of(card_type) {
        if !matches!(field.create, OnCreate::Ignored) {
            continue;
        }
        let plain = server.create(card(card_type));
        let copied = server.create(with(card_type, field, json!("pForeignValue")));
        let (plain, copied) = (server.section(&plain), server.section(&copied));
        match field.key {
            "id" => assert_ne!(copied["base_info"]["id"], "pForeignValue"),
            _ => assert_eq!(get(&plain, field), get(&copied, field), "{}", field.path()),
        }
    }
}
