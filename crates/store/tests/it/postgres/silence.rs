//! Connections that stay open but on which nothing arrives. Every wait on them ends, and the store looks up whether a
//! commit happened. If the server works on a statement, the store waits for it.

use crate::place::Database;
use crate::world::{START, new_app};
use futures_util::StreamExt as _;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{AppId, CardNo, EventSeq};
use kaquan_store::{LogChange, NodeJob, PostgresStore, Store, StoreError, Writer};
use kaquan_testkit::{Middlebox, is_on_citus};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio_postgres::{NoTls, Row};

/// A store with an app, behind a middlebox.
fn behind_a_middlebox(place: &Database) -> (Middlebox, Box<dyn Store>, AppId) {
    let (middlebox, url) = Middlebox::before_url(&place.schema().url()).unwrap();
    let store: Box<dyn Store> = Box::new(PostgresStore::open(&url).unwrap());
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    (middlebox, store, app)
}

pub fn commit(writer: &mut dyn Writer, app: AppId) -> Result<(), StoreError> {
    let mut set = writer.load(app, &|_, _| ())?.unwrap();
    set.emit(Event::new(EventKind::View, START, CardNo(1)));
    writer.commit(vec![set])
}

#[test]
fn a_read_on_a_silent_connection_is_repeated_on_another() {
    let place = Database::new();
    let (middlebox, store, app) = behind_a_middlebox(&place);
    middlebox.freeze_open();
    assert_eq!(store.apps().unwrap()[0].app.id, app);
}

#[test]
fn reads_and_batches_without_a_server_that_replies_are_refused() {
    let place = Database::new();
    let (middlebox, store, app) = behind_a_middlebox(&place);
    let (mut idle, mut open) = (store.writer().unwrap(), store.writer().unwrap());
    commit(&mut *idle, app).unwrap();
    let mut set = open.load(app, &|_, _| ()).unwrap().unwrap();
    set.emit(Event::new(EventKind::View, START, CardNo(1)));
    middlebox.freeze();
    std::thread::scope(|scope| {
        scope.spawn(|| assert!(store.apps().unwrap_err().is_outage()));
        scope.spawn(|| assert!(store.try_lease(NodeJob::Cleanup).err().unwrap().is_outage()));
        scope.spawn(move || assert!(commit(&mut *idle, app).unwrap_err().is_outage()));
        scope.spawn(move || assert!(matches!(open.commit(vec![set]), Err(StoreError::Unknown(_)))));
    });
}

#[test]
fn a_commit_on_a_silent_connection_is_looked_up() {
    let place = Database::new();
    let (middlebox, store, app) = behind_a_middlebox(&place);
    let mut writer = store.writer().unwrap();
    let mut set = writer.load(app, &|_, _| ()).unwrap().unwrap();
    set.emit(Event::new(EventKind::View, START, CardNo(1)));
    middlebox.freeze_open();
    assert!(writer.commit(vec![set]).unwrap_err().is_conflict(), "it never arrived");
    commit(&mut *writer, app).unwrap();
    assert_eq!(store.events(app, EventSeq(0), 9).unwrap().len(), 1);
}

#[test]
fn a_batch_that_waits_for_a_row_is_not_taken_for_silent() {
    let place = Database::new();
    let (_middlebox, store, app) = behind_a_middlebox(&place);
    let mut writer = store.writer().unwrap();
    commit(&mut *writer, app).unwrap();
    // The lock is held longer than the silence after which the store checks the server.
    let held =
        format!("BEGIN; SELECT FROM counters WHERE app_id = {app} FOR UPDATE; SELECT pg_sleep(7); COMMIT");
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    std::thread::scope(|scope| {
        scope.spawn(|| place.schema().execute(&held));
        let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        while place.schema().number(sleeps) == 0 {
            std::thread::yield_now();
        }
        let waits = scope.spawn(|| commit(&mut *writer, app));
        while place.schema().number(waiting) == 0 && !waits.is_finished() {
            std::thread::yield_now();
        }
        waits.join().unwrap().unwrap();
    });
    assert_eq!(store.events(app, EventSeq(0), 9).unwrap().len(), 2);
}

#[test]
fn a_node_whose_notifications_fall_silent_is_notified_again() {
    let place = Database::new();
    let (middlebox, store, app) = behind_a_middlebox(&place);
    let (sender, hear) = channel();
    store.subscribe(Arc::new(move |app, next| sender.send((app, next)).unwrap_or_default())).unwrap();
    assert_eq!(hear.recv(), Ok((app, LogChange::Grew(EventSeq(1)))), "the end of every log to begin with");
    middlebox.freeze_open();
    commit(&mut *place.open_postgres().writer().unwrap(), app).unwrap();
    assert_eq!(hear.recv(), Ok((app, LogChange::Grew(EventSeq(2)))));
}

#[test]
fn a_lease_on_a_silent_connection_is_lost_and_can_be_taken_again() {
    let place = Database::new();
    let (middlebox, store, app) = behind_a_middlebox(&place);
    let job = NodeJob::Push(app);
    let lease = store.try_lease(job).unwrap().unwrap();
    assert!(lease.is_held());
    middlebox.freeze_open();
    while lease.is_held() {
        std::thread::yield_now();
    }
    // The abandoned session holds the lock until the server ends this session.
    let again = std::iter::repeat_with(|| store.try_lease(job).unwrap()).flatten().next().unwrap();
    assert!(again.is_held() && !lease.is_held());
}

/// A session that runs a statement and reads its first row. It reads nothing more until it is dropped.
struct Session {
    pid: i32,
    first: Receiver<Row>,
    _end: Sender<()>,
}

impl Session {
    fn run(place: &Database, sql: &'static str) -> Session {
        let url = place.schema().url();
        let ((pid_sender, pid), (sender, first), (end, ended)) = (channel(), channel(), channel::<()>());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
                tokio::spawn(connection);
                let row = client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap();
                pid_sender.send(row.get(0)).unwrap();
                let none: [i32; 0] = [];
                let mut rows = std::pin::pin!(client.query_raw(sql, none).await.unwrap());
                if let Some(Ok(row)) = rows.next().await {
                    let _ = sender.send(row);
                }
                // Blocks the runtime, so nothing more is read.
                let _ = ended.recv();
            });
        });
        Session { pid: pid.recv().unwrap(), first, _end: end }
    }

    /// Waits until the server shows the session in this condition.
    fn wait_until(&self, place: &Database, condition: &str) {
        let query = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {} AND {condition}", self.pid);
        while place.schema().number(&query) == 0 {
            std::thread::yield_now();
        }
    }
}

#[test]
fn the_server_works_on_a_statement_unless_it_waits_for_the_client() {
    let place = Database::new();
    let works = Session::run(&place, "SELECT pg_sleep(600)");
    works.wait_until(&place, "wait_event = 'PgSleep'");
    let idle = Session::run(&place, "SELECT 1");
    idle.first.recv().unwrap();
    idle.wait_until(&place, "state = 'idle'");
    let unread = Session::run(&place, "SELECT repeat('x', 1000) FROM generate_series(1, 100000)");
    unread.first.recv().unwrap();
    unread.wait_until(&place, "wait_event = 'ClientWrite'");
    let is_working = |session: &Session| {
        let working = PostgresStore::WORKING;
        place.schema().number(&format!(
            "SELECT count(*) FROM ({working}) AS of (session) WHERE session LIKE '{} %'",
            session.pid
        )) == 1
    };
    assert_eq!([&works, &idle, &unread].map(is_working), [true, false, false]);
    if is_on_citus() {
        // The coordinator waits for a machine. Some versions show this as a wait for the client.
        let elsewhere = Session::run(&place, "SELECT run_command_on_workers('SELECT pg_sleep(600)')::text");
        elsewhere.wait_until(&place, "state = 'active' AND query LIKE 'SELECT run_command%'");
        assert!(is_working(&elsewhere));
    }
    let end = [&works, &idle, &unread].map(|session| session.pid.to_string()).join(", ");
    place.schema().number(&format!(
        "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM unnest(ARRAY[{end}]) AS pid) AS ended"
    ));
}
