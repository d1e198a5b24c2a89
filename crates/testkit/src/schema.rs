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
