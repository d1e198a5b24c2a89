//! A standby that takes the place of its primary. A server that was replaced is not used again, and a log that lost
//! events is noticed.

use crate::postgres::silence::commit;
use crate::world::new_app;
use kaquan_core::id::{AppId, EventSeq};
use kaquan_store::{LogChange, PostgresStore, Store, Writer};
use kaquan_testkit::{Cluster, Options, execute, number};
use std::sync::Arc;
use std::sync::mpsc::channel;

const EVENTS: &str = "SELECT count(*) FROM events";

/// A primary with a standby that it does not wait for, and the address of both.
fn servers() -> (Cluster, Cluster, String) {
    let primary = Cluster::start(Options::Durable).unwrap();
    let standby = primary.standby(false).unwrap();
    let url = format!("postgres://kaquan@127.0.0.1:{},127.0.0.1:{}/postgres", primary.port(), standby.port());
    (primary, standby, url)
}

fn open(url: &str) -> Box<dyn Store> {
    Box::new(PostgresStore::open(url).unwrap())
}

/// Waits until the standby has this many events.
fn wait_for(standby: &Cluster, events: i64) {
    let is_there = "SELECT count(*) FROM pg_class WHERE relname = 'events'";
    while number(&standby.url(), is_there) == 0 || number(&standby.url(), EVENTS) < events {
        std::thread::yield_now();
    }
}

/// Commits an event, after as many tries as it takes.
fn commit_at_last(writer: &mut dyn Writer, app: AppId) {
    while commit(writer, app).is_err() {}
}

#[test]
fn a_server_that_was_replaced_is_not_written_to_when_it_comes_back() {
    let (primary, standby, url) = servers();
    let store = open(&url);
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    let mut writer = store.writer().unwrap();
    commit(&mut *writer, app).unwrap();
    wait_for(&standby, 1);
    primary.crash().unwrap();
    standby.promote().unwrap();
    commit_at_last(&mut *writer, app);
    primary.resume().unwrap();
    // The replaced server comes first in the address.
    commit(&mut *store.writer().unwrap(), app).unwrap();
    commit(&mut *open(&url).writer().unwrap(), app).unwrap();
    store.create_app(&new_app("wx2")).unwrap();
    assert_eq!(open(&url).apps().unwrap().len(), 2);
    assert_eq!((number(&primary.url(), EVENTS), number(&standby.url(), EVENTS)), (1, 4));
}

#[test]
fn a_node_leaves_a_server_that_was_replaced_and_still_works() {
    let (primary, standby, url) = servers();
    let store = open(&url);
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    let mut writer = store.writer().unwrap();
    commit(&mut *writer, app).unwrap();
    wait_for(&standby, 1);
    store.subscribe(Arc::new(|_, _| ())).unwrap();
    standby.promote().unwrap();
    while number(&standby.url(), EVENTS) == 1 {
        commit_at_last(&mut *writer, app);
    }
    let left = number(&primary.url(), EVENTS);
    commit(&mut *writer, app).unwrap();
    assert_eq!((number(&primary.url(), EVENTS), number(&standby.url(), EVENTS)), (left, 3));
}

#[test]
fn events_that_a_standby_never_received_are_reported_as_lost() {
    let (primary, standby, url) = servers();
    let store = open(&url);
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    let (sender, hear) = channel();
    let mut writer = store.writer().unwrap();
    commit(&mut *writer, app).unwrap();
    wait_for(&standby, 1);
    execute(&standby.url(), "ALTER SYSTEM SET primary_conninfo = ''");
    execute(&standby.url(), "SELECT pg_reload_conf()");
    while number(&standby.url(), "SELECT count(*) FROM pg_stat_wal_receiver") > 0 {
        std::thread::yield_now();
    }
    (0..2).for_each(|_| commit(&mut *writer, app).unwrap());
    store.subscribe(Arc::new(move |_, change| sender.send(change).unwrap_or_default())).unwrap();
    assert_eq!(hear.recv(), Ok(LogChange::Grew(EventSeq(4))));
    primary.crash().unwrap();
    standby.promote().unwrap();
    assert_eq!(hear.recv(), Ok(LogChange::WentBack(EventSeq(2))));
    commit_at_last(&mut *open(&url).writer().unwrap(), app);
    assert_eq!(hear.recv(), Ok(LogChange::Grew(EventSeq(3))));
    assert_eq!(store.events(app, EventSeq(0), 9).unwrap().len(), 2);
}
