//! A flash sale: many threads claim one card at once, and there is less stock than there are claims. However the
//! claims are batched, exactly the stock is issued, and no holder exceeds the limit.

use crate::fixture::{claim, everywhere, groupon, until};
use kaquan_core::error::ErrCode;
use kaquan_core::event::EventKind;
use kaquan_core::time::DAY_SECS;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Barrier;

const THREADS: usize = 64;
const CLAIMS_EACH: usize = 12;

#[test]
fn sixty_four_claimers_get_exactly_the_stock() {
    everywhere(|fixture| {
        let stock = 500;
        let card = fixture.create("pHot", groupon(stock, until(DAY_SECS)));
        let barrier = Barrier::new(THREADS);
        let claimer = |thread: usize| {
            barrier.wait();
            let answers = (0..CLAIMS_EACH).map(|_| fixture.run(claim(&card, &format!("o{thread}"))));
            answers.map(|answer| answer.map_err(|error| error.code)).collect::<Vec<_>>()
        };
        let answers: Vec<_> = std::thread::scope(|scope| {
            let claimer = &claimer;
            let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || claimer(thread))).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("a claimer")).collect()
        });
        let given: BTreeSet<_> =
            answers.iter().filter_map(|answer| answer.as_ref().ok()).map(|it| it.seq).collect();
        assert_eq!(given.len() as i64, stock, "no code twice and none too many");
        let refused = answers.iter().filter(|answer| **answer == Err(ErrCode::StockOutOfLimit)).count();
        assert_eq!(refused, THREADS * CLAIMS_EACH - given.len());
        assert_eq!((fixture.card(&card).quantity, fixture.card(&card).total), (0, stock));
        let stored: BTreeSet<_> = fixture.codes(&card).into_iter().map(|code| code.seq).collect();
        assert_eq!(stored, given, "what was answered is what is stored");
        assert_eq!(fixture.happened(EventKind::Claim).len(), given.len());
    });
}

#[test]
fn concurrent_claims_of_one_holder_keep_to_get_limit() {
    everywhere(|fixture| {
        let mut card = groupon(10_000, until(DAY_SECS));
        card["groupon"]["base_info"]["get_limit"] = 3.into();
        let card = fixture.create("pHot", card);
        std::thread::scope(|scope| {
            for thread in 0..16 {
                let (fixture, card) = (&fixture, &card);
                scope.spawn(move || {
                    for n in 0..8 {
                        let _ = fixture.run(claim(card, &format!("o{}", (thread + n) % 5)));
                    }
                });
            }
        });
        let mut held: BTreeMap<String, usize> = BTreeMap::new();
        for code in fixture.codes(&card) {
            *held.entry(code.openid.to_string()).or_default() += 1;
        }
        assert_eq!(held.into_values().collect::<Vec<_>>(), [3; 5]);
    });
}
