//! The rows of codes and members, and the result of loading rows that do not exist.

use crate::place::Place;
use crate::world::{START, World, coupon};
use kaquan_core::card::Window;
use kaquan_core::code::{Code, CodeState, Origin};
use kaquan_core::engine::{Keys, RecordKey, RecordKind};
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CardNo, CodeSeq};
use kaquan_core::member::Member;
use kaquan_core::time::{End, Timestamp};
use serde_json::json;

fn issue(world: &mut World, codes: &[Code]) {
    let mut set = world.set();
    for code in codes {
        set.codes.put(code.seq, code.clone());
        set.emit(Event::new(EventKind::Claim, START, code.card).of(code.seq, &code.openid));
    }
    world.commit(set);
}

fn code(seq: i64, card: i64, openid: &str) -> Code {
    Code {
        seq: CodeSeq(seq),
        card: CardNo(card),
        openid: openid.into(),
        custom: None,
        state: CodeState::Normal,
        origin: Origin::Claimed,
        claimed_at: Timestamp(10),
        window_at: Timestamp(11),
        own_window: None,
        outer_str: None,
        changed_at: Timestamp(12),
        gift_to: None,
        expired_at: None,
        marked_for: None,
    }
}

pub fn every_field_of_a_code_is_kept(place: &dyn Place) {
    let mut world = World::at(place);
    let plain = code(1, 1, "a");
    let full = Code {
        custom: Some("码1".into()),
        state: CodeState::Gifting,
        origin: Origin::Given,
        own_window: Some(Window::of(Timestamp(1), Timestamp(2))),
        outer_str: Some("channel".to_owned()),
        gift_to: Some("friend".into()),
        marked_for: Some("marked".into()),
        expired_at: Some(Timestamp(13)),
        ..code(2, 1, "b")
    };
    let endless =
        Code { own_window: Some(Window { begin: Timestamp(1), end: End::Never }), ..code(4, 1, "d") };
    issue(&mut world, &[plain.clone(), full.clone(), endless.clone()]);
    let of_endless = world.read(&Keys { codes: [CodeSeq(4)].into(), ..Keys::default() });
    assert_eq!(of_endless.codes.get(&CodeSeq(4)).unwrap(), Some(&endless));
    let keys = Keys { codes: [1, 2, 3].map(CodeSeq).into(), ..Keys::default() };
    for set in [world.loaded(&keys), world.read(&keys)] {
        assert_eq!(set.codes.get(&CodeSeq(1)).unwrap(), Some(&plain));
        assert_eq!(set.codes.get(&CodeSeq(2)).unwrap(), Some(&full));
        assert_eq!(set.codes.get(&CodeSeq(3)).unwrap(), None);
    }
    // Every field can be changed and changed back.
    let mut set = world.set_with(&keys);
    *set.codes.get_mut(&CodeSeq(1)).unwrap() = Code { seq: CodeSeq(1), ..full.clone() };
    *set.codes.get_mut(&CodeSeq(2)).unwrap() = Code { seq: CodeSeq(2), ..plain.clone() };
    world.commit(set);
    let world = world.reopened(place);
    let set = world.read(&keys);
    assert_eq!(set.codes.get(&CodeSeq(1)).unwrap(), Some(&Code { seq: CodeSeq(1), ..full }));
    assert_eq!(set.codes.get(&CodeSeq(2)).unwrap(), Some(&Code { seq: CodeSeq(2), ..plain }));
}

pub fn absent_rows_are_known_to_be_absent(place: &dyn Place) {
    let mut world = World::at(place);
    let keys = Keys {
        card_ids: ["none".into()].into(),
        cards: [CardNo(7)].into(),
        codes: [CodeSeq(7)].into(),
        custom_codes: [(CardNo(7), "none".into())].into(),
        holders: [(CardNo(7), "stranger".into())].into(),
        claims: [(CardNo(7), "stranger".into())].into(),
        pools: [(CardNo(7), 3)].into(),
        members: [CodeSeq(7)].into(),
        records: [RecordKey { kind: RecordKind::Poi, no: 7, name: "".into() }].into(),
    };
    for set in [world.loaded(&keys), world.read(&keys)] {
        assert_eq!(set.card_by_id(&"none".into()).unwrap(), None);
        assert_eq!(set.cards.get(&CardNo(7)).unwrap(), None);
        assert_eq!(set.codes.get(&CodeSeq(7)).unwrap(), None);
        assert_eq!(set.custom_codes.get(&(CardNo(7), "none".into())).unwrap(), None);
        assert_eq!(set.holder(CardNo(7), &"stranger".into()).unwrap().codes, []);
        assert_eq!(set.pools.get(&CardNo(7)).unwrap(), None);
        assert_eq!(set.members.get(&CodeSeq(7)).unwrap(), None);
        let mut missing = keys.clone();
        set.missing(&mut missing);
        assert!(missing.is_empty());
        assert!(!set.is_changed());
    }
}

pub fn a_row_already_loaded_is_left_alone(place: &dyn Place) {
    let mut world = World::at(place);
    let id = world.create(coupon(json!({})));
    let seq = world.claim(&id, "a");
    let card = world.card(&id).no;
    let keys = Keys {
        card_ids: [id].into(),
        codes: [seq].into(),
        holders: [(card, "a".into())].into(),
        ..Keys::default()
    };
    let mut set = world.set_with(&keys);
    set.cards.get_mut(&card).unwrap().quantity = 3;
    set.codes.get_mut(&seq).unwrap().state = CodeState::Delete;
    set.holder_mut(card, &"a".into()).codes.clear();
    let changed = set.clone();
    world.store.load(&keys, &mut set).unwrap();
    assert_eq!(set, changed);
}

pub fn codes_of_a_card_come_page_by_page(place: &dyn Place) {
    let mut world = World::at(place);
    let rows: Vec<Code> = (1..=20).map(|seq| code(seq, 1 + seq % 2, "a")).collect();
    issue(&mut world, &rows);
    let page = |world: &World, from, limit| -> Vec<i64> {
        let codes = world.store.codes_of_card(world.app, CardNo(1), CodeSeq(from), limit).unwrap();
        codes.iter().map(|code| code.seq.0).collect()
    };
    let all: Vec<i64> = (1..=10).map(|n| n * 2).collect();
    assert_eq!(page(&world, 0, 100), all);
    assert_eq!(page(&world, 5, 3), [6, 8, 10]);
    assert!(page(&world, 21, 3).is_empty());
    let mut world = world.reopened(place);
    // Older codes from the disk and a new one are returned together.
    issue(&mut world, &[code(22, 1, "b")]);
    assert_eq!(page(&world, 5, 3), [6, 8, 10]);
    assert_eq!(page(&world, 18, 9), [18, 20, 22]);
    assert_eq!(world.store.codes_of_card(world.app, CardNo(3), CodeSeq(0), 9).unwrap(), []);
}

pub fn every_field_of_a_member_is_kept(place: &dyn Place) {
    let mut world = World::at(place);
    let empty = Member::new(CodeSeq(1));
    let full = Member {
        code: CodeSeq(2),
        membership_number: "号".to_owned(),
        active_at: Some(Timestamp(5)),
        bonus: 6,
        balance: 7,
        custom_field_values: ["a".to_owned(), String::new(), "c".to_owned()],
        background_pic_url: "http://a".to_owned(),
    };
    let mut set = world.set();
    set.members.put(CodeSeq(1), empty.clone());
    set.members.put(CodeSeq(2), full.clone());
    world.commit(set);
    let keys = Keys { members: [1, 2].map(CodeSeq).into(), ..Keys::default() };
    let mut set = world.set_with(&keys);
    assert_eq!(set.members.get(&CodeSeq(1)).unwrap(), Some(&empty));
    assert_eq!(set.members.get(&CodeSeq(2)).unwrap(), Some(&full));
    set.members.get_mut(&CodeSeq(2)).unwrap().bonus = 8;
    world.commit(set);
    let world = world.reopened(place);
    assert_eq!(world.read(&keys).members.get(&CodeSeq(2)).unwrap(), Some(&Member { bonus: 8, ..full }));
}
