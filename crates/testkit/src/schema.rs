//! A schema of a test's own in a server that many tests share: the one named in `KAQUAN_TEST_POSTGRES`, or one that is
//! started for this process; or, for the suites on Citus, the coordinator named in `KAQUAN_TEST_CITUS`.

use crate::cluster::{Cluster, Options};
use crate::{COORDINATOR, SERVER, citus, is_on_citus};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio_postgres::NoTls;

/// An empty schema, dropped with this. On Citus it has the tables of a store, distributed and without rows.
#[derive(Debug)]
pub struct Schema {
    name: String,
    server: String,
    /// Whether the test may have changed more than rows.
    is_changed: AtomicBool,
}

impl Schema {
    /// Makes a schema.
    ///
    /// # Panics
    ///
    /// Where there is no PostgreSQL to be had, with what is to be done about it.
    #[expect(clippy::new_without_default, reason = "it makes something outside of this process")]
    pub fn new() -> Schema {
        if !is_on_citus() {
            return Schema::empty();
        }
        if let Some(name) = citus::reuse(&server()) {
            return Schema { name, server: server(), is_changed: AtomicBool::new(false) };
        }
        let schema = Schema::empty();
        citus::distribute(&schema.url());
        schema
    }

    /// Makes a schema that has no tables on Citus either.
    ///
    /// # Panics
    ///
    /// As [`Schema::new`].
    pub fn empty() -> Schema {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("t_{}_{number}", std::process::id());
        let schema = Schema { name, server: server(), is_changed: AtomicBool::new(false) };
        let sql = format!("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}", schema.name);
        execute(&schema.server, &sql);
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
        self.is_changed.store(true, Ordering::Relaxed);
        execute(&self.url(), sql);
    }

    /// Runs statements in it, given on a line each, one after the other.
    pub fn execute_each(&self, statements: &str) {
        self.is_changed.store(true, Ordering::Relaxed);
        execute_each(&self.url(), statements);
    }

    /// The first column of the first row a query finds.
    pub fn number(&self, sql: &str) -> i64 {
        number(&self.url(), sql)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if is_on_citus() && !self.is_changed.load(Ordering::Relaxed) {
            citus::give_back(&self.name);
        } else {
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

pub(crate) fn within(server: &str, schema: &str) -> String {
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

fn execute(url: &str, sql: &str) {
    on_a_thread(move || async move {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(sql).await
    });
}

pub(crate) fn execute_each(url: &str, statements: &str) {
    on_a_thread(move || async move {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        for statement in statements.lines() {
            client.batch_execute(statement).await?;
        }
        Ok(())
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
