//! What only the store in memory has: commits that fail on purpose.

use crate::place::Place;
use crate::world::{START, World};
use kaquan_core::engine::WorkingSet;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CardNo, EventSeq};
use kaquan_store::error::Result;
use kaquan_store::{Faults, MemoryStore, Store, StoreError};

struct There(MemoryStore);

impl Place for There {
    fn open(&self) -> Box<dyn Store> {
        Box::new(self.0.clone())
    }
}

/// Dies after the commit of an event of card 2.
struct DiesAfterCardTwo {
    seen: bool,
}

impl Faults for DiesAfterCardTwo {
    fn before_commit(&mut self, sets: &[WorkingSet]) -> Result<()> {
        self.seen = sets.iter().flat_map(|set| &set.events).any(|event| event.card == CardNo(2));
        Ok(())
    }

    fn after_commit(&mut self) -> Result<()> {
        if self.seen { Err(StoreError::Damaged("dead".to_owned())) } else { Ok(()) }
    }
}

fn view(world: &mut World, card: i64) -> Result<()> {
    let mut set = world.set();
    set.record(Event::new(EventKind::View, START, CardNo(card)));
    world.writer.commit(vec![set])
}

fn viewed(world: &World) -> Vec<i64> {
    let events = world.store.events(world.app, EventSeq(0), 99).unwrap();
    events.iter().map(|event| event.card.0).collect()
}

#[test]
fn commits_that_are_to_fail_leave_nothing() {
    let store = MemoryStore::new();
    let mut world = World::at(&There(store.clone()));
    view(&mut world, 1).unwrap();
    store.fail_commits(2);
    view(&mut world, 2).unwrap_err();
    view(&mut world, 3).unwrap_err();
    view(&mut world, 4).unwrap();
    assert_eq!(viewed(&world), [1, 4]);
}

#[test]
fn a_death_after_the_commit_keeps_what_was_written() {
    let store = MemoryStore::new();
    let mut world = World::at(&There(store.clone()));
    store.set_faults(DiesAfterCardTwo { seen: false });
    view(&mut world, 1).unwrap();
    view(&mut world, 2).unwrap_err();
    assert_eq!(viewed(&world), [1, 2]);
}
