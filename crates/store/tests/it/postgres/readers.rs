//! Connections for reading: there are at most as many as configured, further reads wait, and idle connections are
//! closed.

use crate::place::Database;
use crate::world::{START, new_app};
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::stats::ScannedEvent;
use kaquan_core::time::Day;
use kaquan_store::{PostgresStore, Store, StoreError};
use std::sync::Barrier;

/// Reads the log with two connections at the same time, which are idle afterwards.
fn read_twice_at_once(store: &dyn Store, app: AppId) {
    let both = Barrier::new(2);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut visit = |_: ScannedEvent<'_>| {
                    both.wait();
                };
                store.scan_events(app, START.day(), EventSeq(0), EventSeq(1), &mut visit).unwrap();
            });
        }
    });
}

/// A store with at most two connections for reading. The list of sessions shows them with the name of the schema.
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

#[test]
fn a_lock_that_is_not_free_in_time_costs_no_other_connection() {
    let place = Database::new();
    let name = place.schema().name();
    let url = place.schema().url_with_setting("lock_timeout", "200ms");
    let sign = if url.contains('?') { '&' } else { '?' };
    let store: Box<dyn Store> =
        Box::new(PostgresStore::open(&format!("{url}{sign}application_name={name}")).unwrap());
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    crate::postgres::silence::commit(&mut *place.open_postgres().writer().unwrap(), app).unwrap();
    read_twice_at_once(&*store, app);
    let pid = |which: &str| {
        let query =
            format!("SELECT {which}(pid)::bigint FROM pg_stat_activity WHERE application_name = '{name}'");
        place.schema().number(&query)
    };
    let idle = [pid("min"), pid("max")];
    assert_ne!(idle[0], idle[1]);
    let held = place.schema().hold("LOCK TABLE apps");
    let error = store.apps().unwrap_err();
    assert!(matches!(error, StoreError::LockTimeout(_)) && error.is_outage(), "{error}");
    drop(held);
    assert_eq!(store.apps().unwrap().len(), 1);
    while sessions(&place) != 1 {
        std::thread::yield_now();
    }
    assert!(idle.contains(&pid("min")), "the other idle connection is used");
}

#[test]
fn a_long_read_takes_the_place_of_an_idle_connection() {
    let place = Database::empty();
    let app = place.open_postgres().create_app(&new_app("wx1")).unwrap().app.id;
    let schema = place.schema();
    let role = schema.role("one", "CONNECTION LIMIT 1");
    schema.execute(&format!(
        "GRANT ALL ON SCHEMA {0} TO {1}; GRANT ALL ON ALL TABLES IN SCHEMA {0} TO {1}",
        schema.name(),
        role.name()
    ));
    let store: Box<dyn Store> = Box::new(PostgresStore::open(role.url()).unwrap());
    for _ in 0..3 {
        assert_eq!(store.apps().unwrap()[0].app.id, app);
        store.export_events(app, Day(0), Day(i32::MAX), &mut |_| Ok(())).unwrap();
    }
    drop(store);
}
