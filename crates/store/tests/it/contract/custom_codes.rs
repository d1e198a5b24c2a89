//! Custom codes: sent with the claim, or imported before and drawn in order.

use crate::place::Place;
use crate::world::{World, coupon};
use kaquan_core::code::{CodeRef, DepositCodes, UpdateCode};
use kaquan_core::engine::{CustomCode, Keys, WorkingSet};
use kaquan_core::id::{CardId, CardNo, CodeText};
use serde_json::json;

fn custom(set: &WorkingSet, card: CardNo, text: &str) -> Option<CustomCode> {
    set.custom_codes.get(&(card, text.into())).unwrap().copied()
}

fn keys(card: CardNo, texts: &[&str]) -> Keys {
    Keys { custom_codes: texts.iter().map(|text| (card, CodeText::from(*text))).collect(), ..Keys::default() }
}

pub fn a_custom_code_leads_to_its_number(place: &dyn Place) {
    let mut world = World::at(place);
    let id = world.create(coupon(json!({"use_custom_code": true})));
    let other = world.create(coupon(json!({"use_custom_code": true})));
    let claimed = world.claim_as(&id, "a", Some("A1"));
    assert_eq!(claimed.custom, Some("A1".into()));
    // The same text for another card is another code. Upper and lower case are different too.
    let same = world.claim_as(&other, "a", Some("A1"));
    let lower = world.claim_as(&id, "a", Some("a1"));
    let (card, other) = (world.card(&id).no, world.card(&other).no);
    let mut world = world.reopened(place);
    let set = world.loaded(&keys(card, &["A1", "a1", "A2"]));
    assert_eq!(custom(&set, card, "A1"), Some(CustomCode::Issued(claimed.seq)));
    assert_eq!(custom(&set, card, "a1"), Some(CustomCode::Issued(lower.seq)));
    assert_eq!(custom(&set, card, "A2"), None);
    let set = world.read(&keys(other, &["A1"]));
    assert_eq!(custom(&set, other, "A1"), Some(CustomCode::Issued(same.seq)));
}

fn deposit_card(world: &mut World) -> CardId {
    world.create(coupon(json!({
        "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT", "sku": {"quantity": 0},
    })))
}

fn deposit(world: &mut World, id: &CardId, texts: &[&str]) {
    let codes = texts.iter().map(|text| CodeText::from(*text)).collect();
    world.run(DepositCodes { card_id: id.clone(), codes });
}

fn stock(world: &mut World, id: &CardId, quantity: i64) {
    world.run(kaquan_core::card::ModifyStock { card_id: id.clone(), increase: quantity, reduce: 0 });
}

pub fn a_custom_code_leads_to_the_cards_that_have_it(place: &dyn Place) {
    let mut world = World::at(place);
    let with_codes = coupon(json!({"use_custom_code": true}));
    let (first, second) = (world.create(with_codes.clone()), world.create(with_codes));
    world.create(coupon(json!({})));
    world.claim_as(&second, "a", Some("A1"));
    world.claim_as(&first, "a", Some("A1"));
    world.claim_as(&first, "a", Some("A2"));
    let cards = |code: &str, count| world.store.cards_with_code(world.app, &code.into(), count).unwrap();
    assert_eq!(cards("A1", 9), [first.clone(), second]);
    assert_eq!(cards("A1", 1), std::slice::from_ref(&first));
    assert_eq!(cards("A2", 9), [first]);
    assert_eq!(cards("a1", 9), []);
}

pub fn deposited_codes_are_drawn_in_order(place: &dyn Place) {
    let mut world = World::at(place);
    let id = deposit_card(&mut world);
    deposit(&mut world, &id, &["z", "m", "a"]);
    deposit(&mut world, &id, &["m", "b"]);
    stock(&mut world, &id, 4);
    let drawn = |world: &mut World| world.claim_as(&id, "a", None).custom.unwrap().to_string();
    assert_eq!([drawn(&mut world), drawn(&mut world)], ["z", "m"]);
    let mut world = world.reopened(place);
    assert_eq!([drawn(&mut world), drawn(&mut world)], ["a", "b"]);
}

pub fn a_pool_is_loaded_with_as_many_heads_as_asked(place: &dyn Place) {
    let mut world = World::at(place);
    let id = deposit_card(&mut world);
    deposit(&mut world, &id, &["z", "m", "a"]);
    stock(&mut world, &id, 3);
    let seq = world.claim_as(&id, "a", None).seq;
    let card = world.card(&id).no;
    for (draws, heads) in [(0, &[][..]), (1, &["m"]), (9, &["m", "a"])] {
        let keys = Keys { pools: [(card, draws)].into(), ..Keys::default() };
        for set in [world.loaded(&keys), world.read(&keys)] {
            let pool = set.pools.get(&card).unwrap().unwrap();
            assert_eq!((pool.deposited, pool.drawn), (3, 1));
            assert_eq!(pool.head.iter().map(CodeText::as_str).collect::<Vec<_>>(), heads);
            for (place, text) in heads.iter().enumerate() {
                assert_eq!(custom(&set, card, text), Some(CustomCode::Deposited(1 + place as i64)));
            }
        }
    }
    assert_eq!(custom(&world.read(&keys(card, &["z"])), card, "z"), Some(CustomCode::Issued(seq)));
}

pub fn a_replaced_text_stays_retired(place: &dyn Place) {
    let mut world = World::at(place);
    let id = world.create(coupon(json!({"use_custom_code": true})));
    let seq = world.claim_as(&id, "a", Some("old")).seq;
    let code = CodeRef { text: "old".into(), seq: None, card_id: Some(id.clone()), dynamic_after: None };
    world.run(UpdateCode { code, new_code: "new".into() });
    let card = world.card(&id).no;
    let world = world.reopened(place);
    let set = world.read(&keys(card, &["old", "new"]));
    assert_eq!(custom(&set, card, "old"), Some(CustomCode::Retired));
    assert_eq!(custom(&set, card, "new"), Some(CustomCode::Issued(seq)));
}

pub fn unclaimed_codes_come_page_by_page(place: &dyn Place) {
    let mut world = World::at(place);
    let (id, other) = (deposit_card(&mut world), deposit_card(&mut world));
    deposit(&mut world, &other, &["elsewhere"]);
    deposit(&mut world, &id, &["z", "m"]);
    deposit(&mut world, &id, &["a", "b"]);
    stock(&mut world, &id, 1);
    let card = world.card(&id).no;
    let waiting = |world: &World, from: i64, limit: usize| {
        let codes = world.store.waiting_codes(world.app, card, from, limit).unwrap();
        codes.into_iter().map(|(place, text)| (place, text.to_string())).collect::<Vec<_>>()
    };
    let all = [(0, "z"), (1, "m"), (2, "a"), (3, "b")].map(|(place, text)| (place, text.to_owned()));
    assert_eq!(waiting(&world, 0, 9), all);
    world.claim_as(&id, "a", None);
    let mut world = world.reopened(place);
    assert_eq!(waiting(&world, 0, 2), all[1..3]);
    assert_eq!(waiting(&world, 3, 2), all[3..]);
    assert_eq!(waiting(&world, 4, 2), []);
    let none = deposit_card(&mut world);
    let none = world.card(&none).no;
    assert_eq!(world.store.waiting_codes(world.app, none, 0, 9).unwrap(), []);
}
