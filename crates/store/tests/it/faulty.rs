//! Commits that fail on purpose, on a real store. Tests of other crates use them.

use crate::place::{Folder, Place};
use crate::world::{START, World};
use kaquan_core::engine::WorkingSet;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CardNo, EventSeq};
use kaquan_store::{Result, StoreError};
use kaquan_testkit::faulty::{Faults, Faulty};

/// The writer fails after the commit of an event of card 2.
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

/// A world whose commits fail as planned.
fn world(place: &dyn Place, faulty: &Faulty) -> World {
    let World { store, writer, app, now } = World::at(place);
    let writer = faulty.before(vec![writer]).pop().unwrap();
    World { store, writer, app, now }
}

fn view(world: &mut World, card: i64) -> Result<()> {
    let mut set = world.set();
    set.emit(Event::new(EventKind::View, START, CardNo(card)));
    world.writer.commit(vec![set])
}

fn viewed(world: &World) -> Vec<i64> {
    let events = world.store.events(world.app, EventSeq(0), 99).unwrap();
    events.iter().map(|event| event.card.0).collect()
}

#[test]
fn commits_that_are_to_fail_leave_nothing() {
    let (folder, faulty) = (Folder::new(), Faulty::default());
    let mut world = world(&folder, &faulty);
    view(&mut world, 1).unwrap();
    faulty.fail_commits(2);
    view(&mut world, 2).unwrap_err();
    view(&mut world, 3).unwrap_err();
    view(&mut world, 4).unwrap();
    assert_eq!(viewed(&world), [1, 4]);
}

#[test]
fn a_crash_after_the_commit_keeps_the_rows() {
    let (folder, faulty) = (Folder::new(), Faulty::default());
    let mut world = world(&folder, &faulty);
    faulty.set_faults(DiesAfterCardTwo { seen: false });
    view(&mut world, 1).unwrap();
    view(&mut world, 2).unwrap_err();
    assert_eq!(viewed(&world), [1, 2]);
}
