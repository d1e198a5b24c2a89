//! Cards: documents, stock, and the pages of the list.

use crate::place::Place;
use crate::world::{START, World, coupon, object};
use kaquan_core::card::{Card, CardStatus, CardType, DeleteCard, ModifyStock, Terms};
use kaquan_core::engine::Keys;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CardId, CardNo};
use kaquan_store::{CardFilter, StoreError};
use serde_json::json;
use std::sync::Arc;

pub fn a_card_comes_back_as_it_was_written(place: &dyn Place) {
    let mut world = World::at(place);
    let id = world.create(coupon(json!({"title": "五折"})));
    let keys = Keys { card_ids: [id.clone()].into(), ..Keys::default() };
    let written = world.loaded(&keys).card_by_id(&id).unwrap().unwrap().clone();
    assert_eq!(world.card(&id), written);
    let world = world.reopened(place);
    assert_eq!(world.card(&id), written);
    assert_eq!(world.store.cards(world.app).unwrap(), std::slice::from_ref(&written));
    let keys = Keys { cards: [written.no].into(), ..Keys::default() };
    assert_eq!(world.read(&keys).cards.get(&written.no).unwrap(), Some(&written));
}

pub fn heads_of_cards_need_no_documents(place: &dyn Place) {
    let world = four_cards(place);
    let head = |card: &Card| (card.no, card.id.clone(), card.card_type, card.source);
    let cards: Vec<_> = world.store.cards(world.app).unwrap().iter().map(head).collect();
    let heads = world.store.card_heads(world.app).unwrap().into_iter();
    assert_eq!(heads.map(|head| (head.no, head.id, head.card_type, head.source)).collect::<Vec<_>>(), cards);
}

pub fn a_document_keeps_its_bytes(place: &dyn Place) {
    let mut world = World::at(place);
    let id = world.create(coupon(json!({})));
    let mut card = world.card(&id);
    // The keys are unsorted, the numbers have every form, and the text has characters that JSON may escape or not.
    let mut section = object(json!({"z": 1, "a": [1.0, -0.5, u64::MAX], "e": "\u{1F600}\"\\/\u{7f}"}));
    section.extend((*card.section).clone());
    let bytes = serde_json::to_string(&section).unwrap();
    card.terms = Terms::read(card.card_type, &section).unwrap();
    card.section = Arc::new(section);
    card.updated_at = START.plus(9);
    put(&mut world, card.clone());
    let world = world.reopened(place);
    let found = world.card(&id);
    assert_eq!(serde_json::to_string(&*found.section).unwrap(), bytes);
    assert_eq!(found, card);
}

pub fn stock_and_document_change_apart(place: &dyn Place) {
    let mut world = World::at(place);
    let id = world.create(coupon(json!({})));
    world.claim(&id, "a");
    world.run(ModifyStock { card_id: id.clone(), increase: 5, reduce: 0 });
    let mut card = world.card(&id);
    assert_eq!((card.quantity, card.total), (10_004, 10_005));
    card.status = CardStatus::VerifyFail;
    card.refuse_reason = "blurred".to_owned();
    put(&mut world, card.clone());
    assert_eq!(world.card(&id), card);
    let world = world.reopened(place);
    assert_eq!(world.card(&id), card);
}

fn put(world: &mut World, card: Card) {
    let keys = Keys { cards: [card.no].into(), ..Keys::default() };
    let mut set = world.set_with(&keys);
    set.emit(Event::new(EventKind::CardUpdate, START, card.no));
    set.cards.put(card.no, card);
    world.commit(set);
}

fn number(world: &World, ids: &[CardId]) -> Vec<i64> {
    ids.iter().map(|id| world.card(id).no.0).collect()
}

/// Four cards: two created in the same second, one later, and one deleted.
fn four_cards(place: &dyn Place) -> World {
    let mut world = World::at(place);
    world.create(coupon(json!({})));
    world.create(coupon(json!({})));
    world.now = START.plus(10);
    let third = world.create(coupon(json!({})));
    world.now = START.plus(20);
    let fourth = world.create(coupon(json!({})));
    world.run(DeleteCard { card_id: fourth });
    let mut card = world.card(&third);
    card.status = CardStatus::NotVerify;
    put(&mut world, card);
    world
}

pub fn whole_cards_come_from_the_newest_down(place: &dyn Place) {
    let world = four_cards(place);
    let page = |before: i64, filter: &CardFilter, count: usize| {
        let cards = world.store.cards_before(world.app, CardNo(before), filter, count).unwrap();
        for card in &cards {
            assert_eq!(world.card(&card.id), *card);
        }
        cards.iter().map(|card| card.no.0).collect::<Vec<i64>>()
    };
    let all = CardFilter { statuses: CardStatus::ALL.to_vec(), ..CardFilter::default() };
    assert_eq!(page(i64::MAX, &all, 3), [4, 3, 2]);
    assert_eq!(page(2, &all, 3), [1]);
    assert_eq!(page(i64::MAX, &CardFilter::default(), 2), [3, 2], "the fourth is deleted");
    let waiting = CardFilter { statuses: vec![CardStatus::NotVerify], ..CardFilter::default() };
    assert_eq!(page(i64::MAX, &waiting, 9), [3]);
    let members = CardFilter { types: vec![CardType::MemberCard], ..CardFilter::default() };
    assert_eq!(page(i64::MAX, &members, 9), [0_i64; 0]);
    let numbers = |of| world.store.cards_of_type(world.app, of).unwrap().len();
    assert_eq!(CardType::ALL.iter().map(|of| numbers(*of)).sum::<usize>(), 4);
    assert_eq!(numbers(CardType::MemberCard), 0);
}

pub fn every_card_is_visited_once_however_many_there_are(place: &dyn Place) {
    let mut world = World::at(place);
    for count in [0, 1, 199, 200, 201] {
        while world.store.card_heads(world.app).unwrap().len() < count {
            world.create(coupon(json!({})));
        }
        let mut visited = Vec::new();
        let visit = |card| {
            visited.push(card);
            Ok::<(), StoreError>(())
        };
        world.store.each_card(world.app, visit).unwrap();
        assert!(visited == world.store.cards(world.app).unwrap(), "of {count} cards");
    }
}

pub fn cards_that_wait_come_by_their_last_change(place: &dyn Place) {
    let mut world = four_cards(place);
    let first = world.store.cards(world.app).unwrap().swap_remove(0);
    put(&mut world, Card { status: CardStatus::NotVerify, updated_at: START.plus(99), ..first });
    let waiting = |count| -> Vec<i64> {
        world.store.cards_waiting(world.app, count).unwrap().iter().map(|card| card.no.0).collect()
    };
    assert_eq!((waiting(9), waiting(1)), (vec![3, 1], vec![3]));
}

/// A page of the list as it is now.
fn page(world: &World, statuses: Option<&[CardStatus]>, offset: u64, count: u64) -> (Vec<i64>, u64) {
    let list = world.store.card_list(world.app, None).unwrap();
    let (cards, total) = list.page(statuses, offset, count);
    assert_eq!(number(world, &world.store.card_ids(world.app, &cards).unwrap()), raw(&cards));
    (raw(&cards), total)
}

fn raw(cards: &[CardNo]) -> Vec<i64> {
    cards.iter().map(|no| no.0).collect()
}

pub fn a_page_of_cards_shows_the_oldest_first(place: &dyn Place) {
    let world = four_cards(place);
    let page = |offset, count| page(&world, None, offset, count);
    assert_eq!(page(0, 50), (vec![1, 2, 3], 3));
    assert_eq!(page(1, 1), (vec![2], 3));
    assert_eq!(page(3, 50), (vec![], 3));
    assert_eq!(page(0, 0), (vec![], 3));
    assert_eq!(page(u64::MAX, u64::MAX), (vec![], 3));
    let ids = world.store.card_ids(world.app, &[3, 9, 1].map(CardNo)).unwrap();
    assert_eq!(number(&world, &ids), [3, 1]);
}

pub fn a_list_of_cards_is_read_again_only_after_a_change_of_it(place: &dyn Place) {
    let mut world = four_cards(place);
    let list = |world: &World, known| world.store.card_list(world.app, known).unwrap();
    let first = list(&world, None);
    let is_known = |world: &World| Arc::ptr_eq(&first, &list(world, Some(first.clone())));
    assert!(is_known(&world));
    // Stock, claims and documents do not change the list.
    let id = world.store.cards(world.app).unwrap()[0].id.clone();
    world.claim(&id, "a");
    world.run(ModifyStock { card_id: id.clone(), increase: 5, reduce: 0 });
    let mut card = world.card(&id);
    card.updated_at = START.plus(30);
    put(&mut world, card);
    assert!(is_known(&world));
    // Another process reads the same version.
    let mut world = world.reopened(place);
    assert!(is_known(&world));
    world.run(DeleteCard { card_id: id });
    let second = list(&world, Some(first.clone()));
    assert_eq!(
        (raw(&first.page(None, 0, 9).0), raw(&second.page(None, 0, 9).0)),
        (vec![1, 2, 3], vec![2, 3])
    );
    world.create(coupon(json!({})));
    assert_eq!(raw(&list(&world, Some(second)).page(None, 0, 9).0), [2, 3, 5]);
}

pub fn a_page_of_cards_can_be_of_some_statuses(place: &dyn Place) {
    let world = four_cards(place);
    let of = |statuses: &[CardStatus]| page(&world, Some(statuses), 0, 50);
    assert_eq!(of(&[CardStatus::Delete]), (vec![4], 1));
    assert_eq!(of(&[CardStatus::NotVerify, CardStatus::Delete]), (vec![3, 4], 2));
    assert_eq!(of(&[CardStatus::Dispatch]), (vec![], 0));
    assert_eq!(of(&[]), (vec![], 0));
    let no: Vec<CardNo> = world.store.cards(world.app).unwrap().iter().map(|card| card.no).collect();
    assert_eq!(no, [1, 2, 3, 4].map(CardNo));
}
