//! Connections that are lost during a commit. The store looks up whether the commit happened, so a batch is neither
//! lost nor done twice.

use crate::place::Database;
use crate::world::{START, new_app};
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{AppId, CardNo, EventSeq};
use kaquan_store::{PostgresStore, Store, StoreError, Writer};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The connection is not cut.
const NOWHERE: u8 = 0;
/// The commit never reaches the server.
const BEFORE: u8 = 1;
/// The server's reply to the commit never reaches the client.
const AFTER: u8 = 2;
/// The server undoes the transaction, sends a warning, and reports success. Citus does this if a machine is lost
/// during a commit.
const WARNS: u8 = 3;

/// A message of the server with a warning.
const WARNING: &[u8] = b"N\0\0\0\x38SWARNING\0VWARNING\0C01000\0Mfailed to commit machine\0\0";

/// A connection to the database that can be cut once, at a commit.
struct Way {
    url: String,
    breaks: Arc<AtomicU8>,
}

impl Way {
    fn to(url: &str) -> Way {
        let (head, rest) = url.split_once("127.0.0.1:").unwrap();
        let (port, tail) = rest.split_at(rest.find(['/', '?']).unwrap());
        let server = format!("127.0.0.1:{port}");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{head}127.0.0.1:{}{tail}", listener.local_addr().unwrap().port());
        let breaks = Arc::new(AtomicU8::new(NOWHERE));
        let order = breaks.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(&server).unwrap();
                let (to_client, from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let order = order.clone();
                std::thread::spawn(move || pass_on(client, server, &order));
                std::thread::spawn(move || pass_back(from_server, to_client));
            }
        });
        Way { url, breaks }
    }
}

fn pass_on(mut client: TcpStream, mut server: TcpStream, order: &AtomicU8) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = client.read(&mut bytes) {
        let is_commit = bytes[..count].windows(7).any(|word| word == b"COMMIT\0");
        let order = if is_commit { order.swap(NOWHERE, Ordering::SeqCst) } else { NOWHERE };
        if order == BEFORE {
            break;
        }
        if order == AFTER {
            // The client loses the connection first. The server still gets the commit.
            let _ = client.shutdown(Shutdown::Both);
        }
        if order == WARNS {
            let place = bytes[..count].windows(7).position(|word| word == b"COMMIT\0").unwrap();
            bytes[place..place + 7].copy_from_slice(b"ABORT \0");
            client.write_all(WARNING).unwrap();
        }
        if server.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Write);
}

fn pass_back(mut server: TcpStream, mut client: TcpStream) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = server.read(&mut bytes) {
        if client.write_all(&bytes[..count]).is_err() {
            // The rest of the server's reply is dropped.
            let _ = std::io::copy(&mut server, &mut std::io::sink());
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

fn commit(writer: &mut dyn Writer, app: AppId) -> Result<(), StoreError> {
    let mut set = writer.load(app, &|_, _| ()).unwrap().unwrap();
    set.emit(Event::new(EventKind::View, START, CardNo(1)));
    writer.commit(vec![set])
}

#[test]
fn a_commit_whose_answer_was_lost_is_looked_up() {
    let place = Database::new();
    let way = Way::to(&place.schema().url());
    let store: Box<dyn Store> = Box::new(PostgresStore::open(&way.url).unwrap());
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    let mut writer = store.writer().unwrap();
    let events = || store.events(app, EventSeq(0), 99).unwrap().len();
    commit(&mut *writer, app).unwrap();
    for round in 0..3 {
        way.breaks.store(AFTER, Ordering::SeqCst);
        commit(&mut *writer, app).unwrap();
        assert_eq!(way.breaks.load(Ordering::SeqCst), NOWHERE, "the connection was cut");
        assert_eq!(events(), 2 + round, "done, once");
    }
}

#[test]
fn a_commit_that_never_arrived_is_to_be_done_again() {
    let place = Database::new();
    let way = Way::to(&place.schema().url());
    let store: Box<dyn Store> = Box::new(PostgresStore::open(&way.url).unwrap());
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    let mut writer = store.writer().unwrap();
    let events = || store.events(app, EventSeq(0), 99).unwrap().len();
    for round in 0..3 {
        way.breaks.store(BEFORE, Ordering::SeqCst);
        assert!(commit(&mut *writer, app).unwrap_err().is_conflict());
        assert_eq!(events(), round, "not done");
        commit(&mut *writer, app).unwrap();
        assert_eq!(events(), round + 1);
    }
}

#[test]
fn a_commit_the_server_warned_of_is_looked_up() {
    let place = Database::new();
    let way = Way::to(&place.schema().url());
    let store: Box<dyn Store> = Box::new(PostgresStore::open(&way.url).unwrap());
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    let mut writer = store.writer().unwrap();
    let events = || store.events(app, EventSeq(0), 99).unwrap().len();
    for round in 0..3 {
        way.breaks.store(WARNS, Ordering::SeqCst);
        assert!(commit(&mut *writer, app).unwrap_err().is_conflict());
        assert_eq!(events(), round, "not done");
        commit(&mut *writer, app).unwrap();
        assert_eq!(events(), round + 1);
    }
}

#[test]
fn a_short_transaction_the_server_warned_of_is_no_success() {
    let place = Database::new();
    let way = Way::to(&place.schema().url());
    let store: Box<dyn Store> = Box::new(PostgresStore::open(&way.url).unwrap());
    way.breaks.store(WARNS, Ordering::SeqCst);
    assert!(matches!(store.create_app(&new_app("wx1")), Err(StoreError::Unknown(_))));
    assert!(store.apps().unwrap().is_empty());
    store.create_app(&new_app("wx1")).unwrap();
}
