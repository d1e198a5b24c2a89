//! Random runs: merchants and holders act in random order while time passes, and the auditor checks the world after
//! every step. The world itself checks that a refused operation changes nothing.

use crate::audit::audit;
use crate::cast;
use crate::step::{HOLDERS, Step, openid, opening, remember_dynamic, step};
use crate::testing::World;
use kaquan_core::app::ReviewPolicy;
use kaquan_core::code::{CodeState, GetCode};
use kaquan_core::operation::Operation;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Compares the holders' views: the state of each code, and the holder's list, which must have the codes with the
/// state NORMAL.
fn holders_see_their_codes(world: &World) {
    for holder in 0..HOLDERS {
        let openid = openid(holder);
        let listed: BTreeSet<_> = world
            .codes
            .values()
            .filter(|code| code.openid == openid)
            .filter(|code| {
                code.state_at(&world.app, &world.cards[&code.card], world.now) == CodeState::Normal
            })
            .map(|code| code.seq)
            .collect();
        let answering: BTreeSet<_> = world
            .codes
            .keys()
            .filter(|seq| {
                let reply = world.ask(GetCode { code: world.code_ref(**seq), check_consume: true });
                reply.is_ok_and(|reply| reply.openid == openid && !is_given(world, **seq))
            })
            .copied()
            .collect();
        assert_eq!(listed, answering, "{openid}");
    }
}

/// Whether a code was given away. The text of such a custom code leads to the friend's code.
fn is_given(world: &World, seq: kaquan_core::id::CodeSeq) -> bool {
    world.codes[&seq].state == CodeState::GiftSucc
}

fn run(world: &mut World, steps: &[Step]) -> usize {
    let mut done = 0;
    for step in steps {
        world.pass(step.pause);
        remember_dynamic(world);
        let op: Operation = step.operation(world, 0);
        let before = world.clone();
        done += usize::from(world.run(op).is_ok());
        audit(&before, world);
    }
    holders_see_their_codes(world);
    done
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn the_promises_of_the_rules_hold_for_any_sequence_of_steps(
        cards in prop::collection::vec(opening(), 3),
        steps in prop::collection::vec(step(), 20..140),
    ) {
        let mut world = World::new();
        world.now = cast::evening();
        run(&mut world, &cards);
        run(&mut world, &steps);
    }

    #[test]
    fn the_promises_hold_where_cards_wait_for_review(
        cards in prop::collection::vec(opening(), 3),
        steps in prop::collection::vec(step(), 20..100),
    ) {
        let mut world = World::reviewed_by(ReviewPolicy::Manual);
        run(&mut world, &cards);
        run(&mut world, &steps);
    }
}
