//! Connections for reading: there are at most as many as configured, further reads wait, and idle connections are
//! closed.

use crate::place::Database;
use crate::world::new_app;
use kaquan_core::time::Day;
use kaquan_store::{PostgresStore, Store, StoreError};
use std::sync::Barrier;

/// A store with a name in the list of sessions, and with at most two connections for reading.
fn store(place: &Database) -> Box<dyn Store> {
    let url = place.schema().url_with(&format!("application_name={}", place.schema().name()));
    Box::new(PostgresStore::open(&url).unwrap().with_readers(2))
}

fn sessions(place: &Database) -> i64 {
    let name = place.schema().name();
    place.schema().number(&format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'"))
}

#[test]
fn reads_beyond_the_limit_wait_for_a_connection() {
    let place = Database::new();
    let store = store(&place);
    store.create_app(&new_app("wx1")).unwrap();
    std::thread::scope(|scope| {
        let readers: Vec<_> =
            (0..16).map(|_| scope.spawn(|| (0..50).for_each(|_| drop(store.apps().unwrap())))).collect();
        while readers.iter().any(|reader| !reader.is_finished()) {
            assert!(sessions(&place) <= 2);
        }
    });
}

#[test]
fn a_read_is_refused_when_no_connection_becomes_free() {
    let place = Database::new();
    let store = store(&place);
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    crate::postgres::silence::commit(&mut *store.writer().unwrap(), app).unwrap();
    let (taken, done) = (Barrier::new(3), Barrier::new(3));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut visit = |_| {
                    taken.wait();
                    done.wait();
                    Ok(())
                };
                store.export_events(app, Day(0), Day(i32::MAX), &mut visit).unwrap();
            });
        }
        taken.wait();
        let refused = store.apps().unwrap_err();
        assert!(matches!(refused, StoreError::TooManyConnections(_)) && refused.is_outage(), "{refused}");
        done.wait();
    });
    assert_eq!(store.apps().unwrap().len(), 1);
}

#[test]
fn idle_connections_for_reading_are_closed() {
    let place = Database::new();
    let store = store(&place);
    store.subscribe(std::sync::Arc::new(|_, _| ())).unwrap();
    assert!(store.apps().unwrap().is_empty());
    // One session remains: that of the notifications.
    while sessions(&place) != 1 {
        std::thread::yield_now();
    }
    assert!(store.apps().unwrap().is_empty());
}
