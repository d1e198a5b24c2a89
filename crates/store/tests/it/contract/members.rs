//! The steps of memberships, and the totals that are computed from them.

use crate::place::Place;
use crate::world::{World, coupon, member_card, object};
use kaquan_core::card::{CreateCard, Source};
use kaquan_core::id::{CardId, CardNo, CodeSeq};
use kaquan_core::stats::{MemberStep, MemberTotals, Scope, StepKind};
use kaquan_core::time::Day;
use serde_json::json;

use StepKind::{Begin, Claim, End, Resume, Transfer};

const DAY: Day = Day(20_000);
const CARD: CardNo = CardNo(1);
const MEMBERS: Scope = Scope::Members(Source::Api);

/// Two member cards of one source, and one of the other source.
fn cards(place: &dyn Place) -> World {
    let mut world = World::at(place);
    world.create(member_card());
    world.create(member_card());
    world.run(CreateCard {
        card_id: CardId::from("console"),
        source: Source::Console,
        card: object(member_card()),
    });
    world.create(coupon(json!({})));
    world
}

fn step(card: CardNo, code: i64, openid: &str, kind: StepKind) -> MemberStep {
    MemberStep { card, code: CodeSeq(code), from: None, openid: openid.into(), kind }
}

fn save(world: &World, day: i32, steps: &[MemberStep]) {
    world.store.save_member_steps(world.app, DAY.plus(day), steps).unwrap();
}

/// `total_user`, `total_receive_user` and `new_user` of a scope; zeros if there is no row.
fn totals(world: &World, day: i32, scope: Scope) -> [i64; 3] {
    let totals = world.store.member_totals(world.app, DAY.plus(day)).unwrap();
    let mut of_scope = totals.iter().filter(|totals| totals.scope == scope);
    let found = of_scope.next().map_or([0; 3], |totals| {
        let MemberTotals { scope: _, total_user, total_receive_user, new_user } = *totals;
        [total_user, total_receive_user, new_user]
    });
    assert_eq!(of_scope.next(), None, "two rows of {scope:?}");
    found
}

pub fn memberships_begin_and_end(place: &dyn Place) {
    let world = cards(place);
    save(&world, 0, &[step(CARD, 1, "a", Claim), step(CARD, 1, "a", Begin), step(CARD, 2, "b", Claim)]);
    save(&world, 1, &[step(CARD, 2, "b", Begin)]);
    save(&world, 3, &[step(CARD, 1, "a", End)]);
    save(&world, 4, &[step(CARD, 1, "a", Begin)]);
    let expected = [[0, 0, 0], [1, 2, 1], [2, 2, 1], [2, 2, 0], [1, 2, 0], [2, 2, 0], [2, 2, 0]];
    for (day, expected) in (-1..).zip(expected) {
        assert_eq!(totals(&world, day, Scope::Card(CARD)), expected, "day {day}");
        assert_eq!(totals(&world, day, MEMBERS), expected, "day {day}");
    }
    let scopes: Vec<Scope> =
        world.store.member_totals(world.app, DAY).unwrap().iter().map(|totals| totals.scope).collect();
    assert_eq!(scopes, [MEMBERS, Scope::Card(CARD)]);
    assert_eq!(world.store.member_totals(world.app, DAY.plus(-1)).unwrap(), []);
}

pub fn recording_a_day_again_changes_nothing(place: &dyn Place) {
    let world = cards(place);
    let steps = [
        step(CARD, 1, "a", Claim),
        step(CARD, 1, "a", Begin),
        step(CARD, 1, "a", End),
        step(CARD, 2, "b", Begin),
        MemberStep { from: Some(CodeSeq(2)), ..step(CARD, 3, "c", Transfer) },
    ];
    let totals = || (0..3).map(|day| world.store.member_totals(world.app, DAY.plus(day)).unwrap());
    save(&world, 0, &steps);
    save(&world, 1, &[step(CARD, 1, "a", Resume)]);
    let first: Vec<_> = totals().collect();
    save(&world, 0, &steps);
    save(&world, 1, &[step(CARD, 1, "a", Resume)]);
    save(&world, 0, &steps[..2]);
    assert_eq!(totals().collect::<Vec<_>>(), first);
    let world = world.reopened(place);
    let again: Vec<_> =
        (0..3).map(|day| world.store.member_totals(world.app, DAY.plus(day)).unwrap()).collect();
    assert_eq!(again, first);
}

pub fn a_holder_with_two_cards_counts_once_in_the_source(place: &dyn Place) {
    let world = cards(place);
    let (second, console) = (CardNo(2), CardNo(3));
    let member = |card, code, openid| [step(card, code, openid, Claim), step(card, code, openid, Begin)];
    save(&world, 0, &member(CARD, 1, "a"));
    save(&world, 1, &[member(second, 2, "a"), member(second, 3, "b"), member(console, 4, "a")].concat());
    save(&world, 1, &[member(second, 2, "a"), member(second, 3, "b"), member(console, 4, "a")].concat());
    assert_eq!(totals(&world, 1, Scope::Card(CARD)), [1, 1, 0]);
    assert_eq!(totals(&world, 1, Scope::Card(second)), [2, 2, 2]);
    assert_eq!(totals(&world, 1, MEMBERS), [2, 2, 1]);
    assert_eq!(totals(&world, 1, Scope::Members(Source::Console)), [1, 1, 1]);
    // Two codes of one card also count once.
    save(&world, 2, &member(CARD, 5, "a"));
    assert_eq!(totals(&world, 2, Scope::Card(CARD)), [1, 1, 0]);
    save(&world, 3, &[step(CARD, 1, "a", End)]);
    assert_eq!(totals(&world, 3, Scope::Card(CARD)), [1, 1, 0]);
    assert_eq!(totals(&world, 3, MEMBERS), [2, 2, 0]);
}

pub fn a_resumed_code_is_valid_only_if_it_ever_was(place: &dyn Place) {
    let world = cards(place);
    save(&world, 0, &[step(CARD, 1, "a", Claim), step(CARD, 1, "a", Begin), step(CARD, 2, "b", Claim)]);
    save(&world, 1, &[step(CARD, 1, "a", End), step(CARD, 2, "b", End)]);
    assert_eq!(totals(&world, 1, Scope::Card(CARD)), [0, 2, 0]);
    save(&world, 2, &[step(CARD, 1, "a", Resume), step(CARD, 2, "b", Resume)]);
    assert_eq!(totals(&world, 2, Scope::Card(CARD)), [1, 2, 0]);
}

pub fn a_gift_moves_the_membership(place: &dyn Place) {
    let world = cards(place);
    let gift =
        |from, code, openid| MemberStep { from: Some(CodeSeq(from)), ..step(CARD, code, openid, Transfer) };
    save(&world, 0, &[step(CARD, 1, "a", Claim), step(CARD, 1, "a", Begin), step(CARD, 2, "b", Claim)]);
    // A valid membership and one that was never activated are given away. Then one returns to its first holder.
    save(&world, 1, &[gift(1, 3, "c"), gift(2, 4, "d")]);
    assert_eq!(totals(&world, 1, Scope::Card(CARD)), [1, 2, 0]);
    save(&world, 2, &[gift(3, 5, "a"), step(CARD, 4, "d", Resume)]);
    assert_eq!(totals(&world, 2, Scope::Card(CARD)), [1, 2, 0]);
    save(&world, 3, &[step(CARD, 5, "a", End), step(CARD, 4, "d", Begin)]);
    assert_eq!(totals(&world, 3, Scope::Card(CARD)), [1, 2, 1]);
    save(&world, 4, &[step(CARD, 5, "a", Resume)]);
    assert_eq!(totals(&world, 4, Scope::Card(CARD)), [2, 2, 0]);
}

pub fn a_day_recorded_late_counts_on_its_day(place: &dyn Place) {
    let world = cards(place);
    save(&world, 5, &[step(CARD, 1, "a", Begin), step(CARD, 1, "a", Claim)]);
    assert_eq!(totals(&world, 5, Scope::Card(CARD)), [1, 1, 1]);
    // An earlier day is closed again with more steps.
    save(&world, 2, &[step(CARD, 2, "a", Claim), step(CARD, 2, "a", Begin), step(CARD, 2, "a", End)]);
    assert_eq!(totals(&world, 2, Scope::Card(CARD)), [0, 1, 1]);
    assert_eq!(totals(&world, 5, Scope::Card(CARD)), [1, 1, 0]);
    let gift = MemberStep { from: Some(CodeSeq(1)), ..step(CARD, 3, "b", Transfer) };
    save(&world, 7, &[gift]);
    assert_eq!(totals(&world, 7, Scope::Card(CARD)), [1, 1, 0]);
    // A late step says that the code had ended before it was given away.
    save(&world, 6, &[step(CARD, 1, "a", End)]);
    assert_eq!(totals(&world, 7, Scope::Card(CARD)), [0, 1, 0]);
}

pub fn the_order_of_steps_within_a_day_counts(place: &dyn Place) {
    let world = cards(place);
    save(&world, 0, &[step(CARD, 1, "a", Begin), step(CARD, 1, "a", End), step(CARD, 1, "a", Begin)]);
    save(&world, 0, &[step(CARD, 1, "a", Begin), step(CARD, 1, "a", End), step(CARD, 1, "a", Begin)]);
    assert_eq!(totals(&world, 0, Scope::Card(CARD)), [1, 0, 1]);
    let more = [Begin, End, Begin, End].map(|kind| step(CARD, 1, "a", kind));
    save(&world, 0, &more);
    assert_eq!(totals(&world, 0, Scope::Card(CARD)), [0, 0, 1]);
}

pub fn many_steps_are_recorded(place: &dyn Place) {
    let world = cards(place);
    let steps: Vec<MemberStep> = (0..5000)
        .flat_map(|n| [Claim, Begin].map(|kind| step(CARD, n, &format!("o{}", n % 4000), kind)))
        .collect();
    save(&world, 0, &steps);
    assert_eq!(totals(&world, 0, Scope::Card(CARD)), [4000; 3]);
    assert_eq!(totals(&world, 0, MEMBERS), [4000; 3]);
}
