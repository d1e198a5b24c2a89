//! Copies into a store: if two copies run at the same time, one is refused, and at the end the store has the rows of
//! the other.

use crate::place::{Folder, Place};
use crate::world::{START, World, coupon};
use kaquan_store::{Cell, Filling, Result, Tables, copy, prepare_copy};
use serde_json::json;

fn filling() -> Filling {
    Filling::new("kaquan copy", "sqlite:a".to_owned(), START).unwrap()
}

/// A folder with a card and this many codes.
fn shop(codes: usize) -> Folder {
    let place = Folder::new();
    let mut world = World::at(&place);
    let id = world.create(coupon(json!({})));
    for n in 0..codes {
        world.claim(&id, &format!("o{n}"));
    }
    place
}

fn rows(of: &dyn Tables) -> Vec<(&'static str, Vec<Cell>)> {
    let mut rows = Vec::new();
    of.visit_rows(&mut |table, row| {
        rows.push((table.name, row));
        Ok(())
    })
    .unwrap();
    rows
}

/// Copies, and calls `then` after the first rows.
fn copy_with(from: &dyn Tables, to: &dyn Tables, filling: &Filling, then: impl FnOnce()) -> Result<()> {
    let mut then = Some(then);
    copy(from, to, filling, &mut |_, _| then.take().into_iter().for_each(|then| then())).map(drop)
}

pub fn a_copy_that_was_started_over_writes_nothing_more(place: &dyn Place) {
    let shops = [shop(2), shop(3)];
    let [one, other] = shops.each_ref().map(Folder::open_tables);
    let (to, elsewhere) = (place.open_tables(), place.open_tables());
    let (first, second) = (filling(), filling());
    assert_eq!(prepare_copy(&*to, &first).unwrap(), None);
    let taken_over = || assert_eq!(prepare_copy(&*elsewhere, &second).unwrap(), Some(first.clone()));
    let refused = copy_with(&*one, &*to, &first, taken_over).unwrap_err().to_string();
    assert!(refused.contains("another process filled it meanwhile"), "{refused}");
    assert_eq!(rows(&*to), [], "nothing of either");
    assert!((&*to as &dyn kaquan_store::Store).end_filling(&first).is_err());
    let unfinished = || (&*to as &dyn kaquan_store::Store).unfinished().unwrap();
    assert_eq!(unfinished(), Some(second.clone()));
    copy_with(&*other, &*elsewhere, &second, || ()).unwrap();
    assert_eq!((rows(&*to), unfinished()), (rows(&*other), None));
}

pub fn a_copy_that_ended_is_not_deleted_by_one_that_saw_its_mark(place: &dyn Place) {
    let shop = shop(2);
    let from = shop.open_tables();
    let (to, elsewhere) = (place.open_tables(), place.open_tables());
    let (first, second) = (filling(), filling());
    prepare_copy(&*to, &first).unwrap();
    copy_with(&*from, &*to, &first, || ()).unwrap();
    assert!(elsewhere.start_over(&first, &second).is_err());
    let refused = prepare_copy(&*elsewhere, &second).unwrap_err().to_string();
    assert!(refused.contains("not empty"), "{refused}");
    assert_eq!(rows(&*to), rows(&*from));
    assert_eq!((&*to as &dyn kaquan_store::Store).unfinished().unwrap(), None);
}
