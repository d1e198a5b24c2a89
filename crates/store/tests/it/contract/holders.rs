//! Which codes a holder has: derived from the log, and right as soon as a commit returns.

use crate::place::Place;
use crate::world::{World, coupon};
use kaquan_core::engine::{HeldCode, HolderCard};
use kaquan_core::id::{CardId, CodeSeq};
use serde_json::json;

fn world_with_card(place: &dyn Place) -> (World, CardId) {
    let mut world = World::at(place);
    let id = world.create(coupon(json!({})));
    (world, id)
}

fn claimed(seq: CodeSeq) -> HeldCode {
    HeldCode { seq, claimed: true, consumed: false }
}

pub fn claims_count_for_the_holder_and_the_card(place: &dyn Place) {
    let (mut world, id) = world_with_card(place);
    let other = world.create(coupon(json!({})));
    let (card, other_card) = (world.card(&id).no, world.card(&other).no);
    let first = world.claim(&id, "a");
    world.claim(&other, "a");
    world.claim(&id, "b");
    let second = world.claim(&id, "a");
    assert_eq!(world.holder(card, "a").codes, [claimed(first), claimed(second)]);
    assert_eq!(world.holder(other_card, "a").claims(), 1);
    assert_eq!(world.holder(card, "A"), HolderCard::default());
    assert_eq!(world.holder(other_card, "b"), HolderCard::default());
}

pub fn claims_are_counted_from_where_the_last_count_ended(place: &dyn Place) {
    let mut world = World::at(place);
    let id = world.create(coupon(json!({"get_limit": 1000, "can_give_friend": true})));
    let other = world.create(coupon(json!({"get_limit": 1000})));
    let card = world.card(&id).no;
    let many: Vec<CodeSeq> = (0..40).map(|_| world.claim(&id, "a")).collect();
    (0..3).for_each(|_| _ = world.claim(&id, "b"));
    assert_eq!((world.claims(card, "a"), world.claims(card, "b"), world.claims(card, "c")), (40, 3, 0));
    world.claim(&other, "a");
    world.claim(&id, "b");
    assert_eq!((world.claims(card, "a"), world.claims(card, "b")), (40, 4));
    world.claim(&id, "a");
    world.give(many[0], "a", "b");
    assert_eq!((world.claims(card, "a"), world.claims(card, "b")), (41, 4), "a given code stays a claim");
    // The codes that were counted are not read again.
    place.execute(&format!("DELETE FROM codes WHERE seq <= {}", many[20].0));
    assert_eq!(world.claims(card, "a"), 41);
    world.claim(&id, "a");
    assert_eq!((world.claims(card, "a"), world.holder(card, "a").claims()), (42, 21));
}

pub fn the_codes_of_a_holder_are_read_in_pages(place: &dyn Place) {
    let (mut world, id) = world_with_card(place);
    let other = world.create(coupon(json!({})));
    let (card, mut all) = (world.card(&id).no, Vec::new());
    for n in 0..7 {
        all.push(world.claim(if n % 3 == 0 { &other } else { &id }, "a"));
        world.claim(&id, "b");
    }
    for _ in 0..2 {
        let page = |card, from, limit| -> Vec<CodeSeq> {
            let codes = world.store.codes_of_holder_from(world.app, &"a".into(), card, from, limit).unwrap();
            codes.iter().map(|code| code.seq).collect()
        };
        assert_eq!(page(None, CodeSeq(0), 3), all[..3]);
        assert_eq!(page(None, CodeSeq(all[2].0 + 1), 3), all[3..6]);
        assert_eq!(page(None, all[6], 3), all[6..]);
        assert_eq!(page(Some(card), all[2], 2), [all[2], all[4]]);
        assert_eq!(page(None, CodeSeq(all[6].0 + 1), 3), []);
        world = world.reopened(place);
    }
}

pub fn a_consumed_code_counts_as_consumed(place: &dyn Place) {
    let (mut world, id) = world_with_card(place);
    let card = world.card(&id).no;
    let (first, second) = (world.claim(&id, "a"), world.claim(&id, "a"));
    world.consume(second);
    let codes = [claimed(first), HeldCode { consumed: true, ..claimed(second) }];
    assert_eq!(world.holder(card, "a").codes, codes);
    let mut world = world.reopened(place);
    assert_eq!(world.holder(card, "a").codes, codes);
    world.consume(first);
    assert_eq!(world.holder(card, "a").consumes(), 2);
}

pub fn a_given_code_is_no_claim_of_the_friend(place: &dyn Place) {
    let (mut world, id) = world_with_card(place);
    let card = world.card(&id).no;
    let old = world.claim(&id, "giver");
    let new = world.give(old, "giver", "friend");
    for round in 0..2 {
        assert_eq!(world.holder(card, "giver").codes, [claimed(old)], "{round}");
        let friend = world.holder(card, "friend");
        assert_eq!(friend.codes, [HeldCode { seq: new, claimed: false, consumed: false }]);
        world = world.reopened(place);
    }
    world.consume(new);
    assert_eq!(world.holder(card, "friend").consumes(), 1);
    assert_eq!(world.holder(card, "giver").consumes(), 0);
}

pub fn codes_of_a_holder_come_in_order(place: &dyn Place) {
    let (mut world, id) = world_with_card(place);
    let other = world.create(coupon(json!({})));
    let mut expected = vec![world.claim(&id, "a"), world.claim(&other, "a")];
    let from_b = world.claim(&id, "b");
    let mut world = world.reopened(place);
    expected.push(world.claim(&id, "a"));
    expected.push(world.give(from_b, "b", "a"));
    let card = world.card(&other).no;
    let seqs = |openid: &str, card| -> Vec<CodeSeq> {
        let codes = world.store.codes_of_holder(world.app, &openid.into(), card).unwrap();
        codes.iter().map(|code| code.seq).collect()
    };
    assert_eq!(seqs("a", None), expected);
    assert_eq!(seqs("a", Some(card)), expected[1..2]);
    assert_eq!(seqs("b", None), [from_b]);
    assert_eq!(seqs("stranger", None), []);
}

pub fn holders_are_known_after_opening_again(place: &dyn Place) {
    let (mut world, id) = world_with_card(place);
    let card = world.card(&id).no;
    let mut seqs = Vec::new();
    for _ in 0..3 {
        // More claims than are needed until the holders of a card are collected, so that every kind of look-up is
        // tested.
        for n in 0..40 {
            world.claim(&id, &format!("other{n}"));
        }
        seqs.push(world.claim(&id, "a"));
        let expected: Vec<HeldCode> = seqs.iter().copied().map(claimed).collect();
        assert_eq!(world.holder(card, "a").codes, expected);
        world = world.reopened(place);
        assert_eq!(world.holder(card, "a").codes, expected);
        assert_eq!(world.holder(card, "new").codes, []);
    }
    assert_eq!(world.holder(card, "other7").claims(), 3);
}

pub fn holders_are_known_without_a_writer(place: &dyn Place) {
    let (mut world, id) = world_with_card(place);
    let card = world.card(&id).no;
    let first = world.claim(&id, "a");
    let mut world = world.reopened(place);
    let second = world.claim(&id, "a");
    // Another process reads while this one writes, and after it has ended.
    let reader = place.open();
    let seqs = || -> Vec<CodeSeq> {
        let codes = reader.codes_of_holder(world.app, &"a".into(), Some(card)).unwrap();
        codes.iter().map(|code| code.seq).collect()
    };
    assert_eq!(seqs(), [first, second]);
    let of_card = reader.codes_of_card(world.app, card, CodeSeq(0), 9).unwrap();
    assert_eq!(of_card.len(), 2);
    let World { store, writer, app, .. } = world;
    drop(writer);
    let codes = store.codes_of_holder(app, &"a".into(), None).unwrap();
    assert_eq!(codes.len(), 2);
}
