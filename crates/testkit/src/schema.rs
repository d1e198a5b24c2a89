//! A separate schema or database for each test, on a server that many tests share. The server is the one in
//! `KAQUAN_TEST_POSTGRES`, or one that this process starts. Suites on Citus use the coordinator in
//! `KAQUAN_TEST_CITUS`.

use crate::cluster::{Cluster, Options};
use crate::{COORDINATOR, SERVER, citus, is_on_citus};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio_postgres::NoTls;

/// The schema or database with the tables of one test. Dropping this value drops the schema or database.
#[derive(Debug)]
pub struct Schema {
    name: String,
    server: String,
    kind: Kind,
    /// Whether the test may have changed more than rows.
    is_changed: AtomicBool,
}

#[derive(Debug)]
enum Kind {
    /// An empty schema of the server's own database.
    Schema,
    /// A separate database, copied from one with tables.
    Database,
    /// A schema on Citus with distributed tables.
    Distributed,
}

/// A database with tables, to be copied: PostgreSQL copies tables faster than it creates them. `None` on Citus.
#[derive(Debug)]
pub struct Template(Option<Schema>);

impl Schema {
    /// Creates an empty schema. On Citus it has the distributed tables of a store, without rows.
    ///
    /// # Panics
    ///
    /// There is no PostgreSQL. The message says what to do.
    #[expect(clippy::new_without_default, reason = "it makes something outside of this process")]
    pub fn new() -> Schema {
        if !is_on_citus() {
            return Schema::empty();
        }
        if let Some(name) = citus::reuse(&server()) {
            return Schema::of(name, Kind::Distributed);
        }
        let mut schema = Schema::empty();
        schema.kind = Kind::Distributed;
        citus::distribute(&schema.url());
        schema
    }

    /// Creates a schema without tables, also on Citus.
    ///
    /// # Panics
    ///
    /// As [`Schema::new`].
    pub fn empty() -> Schema {
        let schema = Schema::of(free_name(), Kind::Schema);
        execute(
            &schema.server,
            &format!("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}", schema.name),
        );
        schema
    }

    fn of(name: String, kind: Kind) -> Schema {
        Schema { name, server: server(), kind, is_changed: AtomicBool::new(false) }
    }

    fn database(options: &str) -> Schema {
        let database = Schema::of(free_name(), Kind::Database);
        let name = &database.name;
        execute_each(
            &database.server,
            &[&format!("DROP DATABASE IF EXISTS {name}"), &format!("CREATE DATABASE {name} {options}")],
        );
        database
    }

    /// The name of the schema.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address for a store: its tables are in this schema.
    pub fn url(&self) -> String {
        self.url_at(&self.server)
    }

    /// The address with one more parameter, such as `application_name=x`.
    pub fn url_with(&self, parameter: &str) -> String {
        let url = self.url();
        let sign = if url.contains('?') { '&' } else { '?' };
        format!("{url}{sign}{parameter}")
    }

    /// Its address with a setting of the server, such as `lock_timeout`.
    pub fn url_with_setting(&self, name: &str, value: &str) -> String {
        let (url, setting) = (self.url(), format!("-c%20{name}%3D{value}"));
        match url.contains("options=") {
            true => url.replacen("options=", &format!("options={setting}%20"), 1),
            false => self.url_with(&format!("options={setting}")),
        }
    }

    /// The same schema on another server, such as a standby.
    pub fn url_at(&self, server: &str) -> String {
        match self.kind {
            Kind::Schema | Kind::Distributed => in_schema(server, &self.name),
            Kind::Database => in_database(server, &self.name),
        }
    }

    /// Runs statements in the schema.
    pub fn execute(&self, sql: &str) {
        self.execute_each(&[sql]);
    }

    /// Runs each text by itself in the schema, as Citus needs it.
    pub fn execute_each(&self, texts: &[&str]) {
        self.is_changed.store(true, Ordering::Relaxed);
        execute_each(&self.url(), texts);
    }

    /// Runs a query and returns the first column of its first row.
    pub fn number(&self, sql: &str) -> i64 {
        number(&self.url(), sql)
    }
}

/// An open transaction. Its locks are held until it is dropped.
#[derive(Debug)]
pub struct OpenTransaction {
    pid: i32,
    server: String,
    end: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl OpenTransaction {
    /// Waits until another connection waits for a lock of this transaction.
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

impl Drop for OpenTransaction {
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
    pub fn hold(&self, sql: &str) -> OpenTransaction {
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
        OpenTransaction { pid, server: self.server.clone(), end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let drop = match self.kind {
                Kind::Distributed if !self.is_changed.load(Ordering::Relaxed) => {
                    return citus::give_back(&self.name);
                }
                Kind::Schema | Kind::Distributed => format!("DROP SCHEMA {} CASCADE", self.name),
                Kind::Database => format!("DROP DATABASE {} WITH (FORCE)", self.name),
            };
            execute(&self.server, &drop);
        }
    }
}

impl Template {
    /// Creates a database and lets `fill` create the tables. `fill` must close its connections.
    pub fn new(fill: impl FnOnce(&str)) -> Template {
        if is_on_citus() {
            return Template(None);
        }
        let database = Schema::database("");
        fill(&database.url());
        Template(Some(database))
    }

    /// Copies the database for one test.
    pub fn copy(&self) -> Schema {
        match &self.0 {
            Some(database) => Schema::database(&format!("TEMPLATE {} STRATEGY file_copy", database.name)),
            None => Schema::new(),
        }
    }
}

fn free_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("t_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Runs a query in a database and returns the first column of its first row.
pub fn number(url: &str, sql: &str) -> i64 {
    on_a_thread(move || async move {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client.query_one(sql, &[]).await?.try_get(0)
    })
}

fn in_database(server: &str, database: &str) -> String {
    let (address, options) = server.split_once('?').map_or((server, None), |(at, rest)| (at, Some(rest)));
    let host = address.find("://").map_or(0, |at| at + "://".len());
    let end = address[host..].find('/').map_or(address.len(), |at| host + at);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    format!("{}/{database}{options}", &address[..end])
}

pub(crate) fn in_schema(server: &str, schema: &str) -> String {
    let sign = if server.contains('?') { '&' } else { '?' };
    let more = if is_on_citus() { citus::OPTIONS } else { "" };
    format!("{server}{sign}options=-c%20search_path%3D{schema}{more}")
}

#[expect(clippy::expect_used, reason = "tests cannot go on without it")]
fn server() -> String {
    static OWN: OnceLock<Cluster> = OnceLock::new();
    if is_on_citus() {
        return std::env::var(COORDINATOR).expect("KAQUAN_TEST_CITUS names the coordinator");
    }
    std::env::var(SERVER).unwrap_or_else(|_| {
        OWN.get_or_init(|| Cluster::start(Options::Quick).expect("a PostgreSQL server")).url()
    })
}

/// Runs statements in a database, in one transaction unless they begin their own.
pub fn execute(url: &str, sql: &str) {
    execute_each(url, &[sql]);
}

/// Runs each text by itself, because the server accepts `CREATE DATABASE` only alone.
pub(crate) fn execute_each(url: &str, texts: &[&str]) {
    on_a_thread(move || async move {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        for sql in texts {
            client.batch_execute(sql).await?;
        }
        Ok(())
    });
}

/// Runs a future on a new thread: the calling test may already run on a runtime.
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
