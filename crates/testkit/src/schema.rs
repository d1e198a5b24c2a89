//! A schema of a test's own in a server that many tests share: the one named in `KAQUAN_TEST_POSTGRES`, or one that is
//! started for this process.

use crate::SERVER;
use crate::cluster::{Cluster, Options};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_postgres::NoTls;

/// An empty schema, dropped with this.
#[derive(Debug)]
pub struct Schema {
    name: String,
    server: String,
}

impl Schema {
    /// Makes a schema.
    ///
    /// # Panics
    ///
    /// Where there is no PostgreSQL to be had, with what is to be done about it.
    #[expect(clippy::new_without_default, reason = "it makes something outside of this process")]
    pub fn new() -> Schema {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let schema = Schema { name: format!("t_{}_{number}", std::process::id()), server: server() };
        execute(
            &schema.server,
            &format!("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}", schema.name),
        );
        schema
    }

    /// Its address: a store opened there has its tables in it.
    pub fn url(&self) -> String {
        within(&self.server, &self.name)
    }

    /// The same schema of another server, a standby for one.
    pub fn url_at(&self, server: &str) -> String {
        within(server, &self.name)
    }

    /// Runs statements in it.
    pub fn execute(&self, sql: &str) {
        execute(&self.url(), sql);
    }

    /// The first column of the first row a query finds.
    pub fn number(&self, sql: &str) -> i64 {
        number(&self.url(), sql)
    }
}

/// An open transaction that holds what its statements locked, until it is dropped.
#[derive(Debug)]
pub struct Held {
    pid: i32,
    server: String,
    end: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Held {
    /// Waits until another connection waits for this transaction.
    ///
    /// # Panics
    ///
    /// After a minute.
    pub fn wait_until_it_blocks(&self) {
        let begun = std::time::Instant::now();
        let waiting =
            format!("SELECT count(*) FROM pg_stat_activity WHERE {} = ANY(pg_blocking_pids(pid))", self.pid);
        while number(&self.server, &waiting) == 0 {
            assert!(begun.elapsed().as_secs() < 60, "nothing waits for the transaction");
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Schema {
    /// Runs statements in a transaction that stays open.
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "tests cannot go on without it")]
    pub fn hold(&self, sql: &str) -> Held {
        let (url, sql) = (self.url(), format!("BEGIN; {sql}"));
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let (sender, pid) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("a connection");
                let driven = tokio::spawn(connection);
                client.batch_execute(&sql).await.expect("PostgreSQL does what a test asks");
                let row = client.query_one("SELECT pg_backend_pid()", &[]).await.expect("a row");
                sender.send(row.get::<_, i32>(0)).expect("the test waits");
                let _ = ended.await;
                client.batch_execute("ROLLBACK").await.expect("PostgreSQL does what a test asks");
                drop(client);
                let _ = driven.await;
            });
        });
        let pid = pid.recv().expect("the transaction is open");
        Held { pid, server: self.server.clone(), end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            execute(&self.server, &format!("DROP SCHEMA {} CASCADE", self.name));
        }
    }
}

/// The first column of the first row a query finds in a database.
pub fn number(url: &str, sql: &str) -> i64 {
    on_a_thread(move || async move {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client.query_one(sql, &[]).await?.try_get(0)
    })
}

fn within(server: &str, schema: &str) -> String {
    let sign = if server.contains('?') { '&' } else { '?' };
    format!("{server}{sign}options=-c%20search_path%3D{schema}")
}

#[expect(clippy::expect_used, reason = "tests cannot go on without it")]
fn server() -> String {
    static OWN: OnceLock<Cluster> = OnceLock::new();
    std::env::var(SERVER).unwrap_or_else(|_| {
        OWN.get_or_init(|| Cluster::start(Options::Quick).expect("a PostgreSQL server")).url()
    })
}

/// Runs statements in a database.
pub fn execute(url: &str, sql: &str) {
    on_a_thread(move || async move {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(sql).await
    });
}

/// Runs a future where no other runtime is in the way: tests call from within theirs.
#[expect(clippy::expect_used, reason = "tests cannot go on without it")]
fn on_a_thread<T, F>(make: impl FnOnce() -> F + Send) -> T
where
    T: Send,
    F: Future<Output = Result<T, tokio_postgres::Error>>,
{
    std::thread::scope(|scope| {
        let ran = scope.spawn(|| {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(make()).expect("PostgreSQL does what a test asks")
        });
        ran.join().expect("PostgreSQL does what a test asks")
    })
}
