//! Batches only make operations faster. Operations that are loaded together must have the same replies and rows as
//! one by one, even if one needs a row that another has just created.

use crate::cast;
use crate::step::{STORES, Step, opening, remember_dynamic, step, store};
use crate::testing::World;
use kaquan_core::operation::Operation;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_equals_its_operations_one_by_one(
        cards in prop::collection::vec(opening(), 3),
        batches in prop::collection::vec(prop::collection::vec(step(), 1..16), 1..8),
    ) {
        let mut together = World::new();
        together.now = cast::evening();
        for _ in 0..STORES {
            together.run(store()).expect("a store");
        }
        for card in &cards {
            let op = card.operation(&together, 0);
            let _ = together.run(op);
        }
        let mut alone = together.clone();
        for batch in batches {
            let pause = batch.iter().map(|step| step.pause).max().unwrap_or(0);
            together.pass(pause);
            alone.pass(pause);
            remember_dynamic(&mut together);
            remember_dynamic(&mut alone);
            let named = |(salt, step): (usize, &Step)| {
                let salt = if step.creates() { salt } else { 0 };
                step.operation(&together, salt)
            };
            let ops: Vec<Operation> = batch.iter().enumerate().map(named).collect();
            let answered = together.batch(&ops);
            let expected: Vec<_> = ops.iter().map(|op| alone.run(op.clone())).collect();
            prop_assert_eq!(&answered, &expected);
            prop_assert_eq!(&together, &alone);
        }
    }
}
