//! Connections to PostgreSQL. Each has its own runtime, which runs only during a call, so that a blocking call needs no
//! other thread. Several statements can be sent with one round trip, which is why no pool library is used: none offers
//! blocking connections with a pipeline.

use super::error::broken;
use crate::error::{Result, StoreError};
use futures_util::StreamExt as _;
use futures_util::future::{join_all, join3, try_join_all};
use futures_util::stream::poll_fn;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::Severity;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long one attempt to connect may take, unless the address has `connect_timeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long to retry connecting: the server may be starting, or a standby may be taking over.
const RETRY_FOR: Duration = Duration::from_secs(5);
/// Pause between two attempts.
const RETRY_PAUSE: Duration = Duration::from_millis(50);
/// Generic plans: a plan for the parameters of one app may be slow for other apps. Citus plans by the value of the app,
/// so it needs custom plans. Asked with the settings of every connection, which costs no round trip.
const SET_UP: &str = "SELECT set_config('jit', 'off', false), set_config('plan_cache_mode', CASE WHEN EXISTS \
    (SELECT FROM pg_extension WHERE extname = 'citus') THEN 'force_custom_plan' ELSE 'force_generic_plan' END, false)";

pub(super) type Param<'a> = &'a (dyn ToSql + Sync);
/// A statement with its parameters.
pub(super) type Call<'a> = (&'static str, Vec<Param<'a>>);

/// Where the database is, and how to connect to it.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address")
    }
}

impl Address {
    /// Parses `postgres://…`, or `host=… user=…`. With `sslmode=require` the connection is encrypted, and the server's
    /// certificate is checked against those this system trusts; otherwise the connection is not encrypted.
    pub fn parse(url: &str) -> Result<Address> {
        let wrong = |error: &dyn std::fmt::Display| StoreError::Address(error.to_string());
        let mut config: Config =
            url.parse().map_err(|error: tokio_postgres::Error| wrong(&super::error::chain(&error)))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config.keepalives_idle(Duration::from_secs(10));
        if config.get_application_name().is_none() {
            config.application_name("kaquan");
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(trusting_the_system()?),
            _ => {
                config.ssl_mode(SslMode::Disable);
                None
            }
        };
        Ok(Address { config, tls })
    }

    /// For connections that do not block.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// `None` for connections without encryption.
    pub fn tls(&self) -> Option<MakeRustlsConnect> {
        self.tls.clone()
    }

    /// Connects; retries for a while if the server cannot be reached.
    pub fn connect(&self) -> Result<Conn> {
        let until = Instant::now() + RETRY_FOR;
        loop {
            match Conn::open(self) {
                Err(StoreError::Unreachable(_)) if Instant::now() < until => std::thread::sleep(RETRY_PAUSE),
                done => return done,
            }
        }
    }
}

fn trusting_the_system() -> Result<MakeRustlsConnect> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // Skips certificates that cannot be read.
        let _ = roots.add(certificate);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Address(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// A connection. Nothing happens on it between two calls.
pub(super) struct Conn {
    client: Client,
    statements: HashMap<&'static str, Statement>,
    warning: Warning,
    /// `Some` until the connection is dropped.
    runtime: Option<Runtime>,
}

impl Drop for Conn {
    fn drop(&mut self) {
        // Dropping a runtime blocks, which async threads must not do. No task of this runtime needs to finish.
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

impl Conn {
    fn open(address: &Address) -> Result<Conn> {
        let io = |source| StoreError::Io { path: "a runtime".to_owned(), source };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(io)?;
        let warning = Warning::default();
        let client = runtime.block_on(async {
            match &address.tls {
                Some(tls) => {
                    let (client, connection) = address.config.connect(tls.clone()).await.map_err(broken)?;
                    tokio::spawn(warning.clone().follow(connection));
                    Ok::<_, StoreError>(client)
                }
                None => {
                    let (client, connection) = address.config.connect(NoTls).await.map_err(broken)?;
                    tokio::spawn(warning.clone().follow(connection));
                    Ok(client)
                }
            }
        })?;
        runtime.block_on(client.batch_execute(SET_UP)).map_err(broken)?;
        Ok(Conn { client, statements: HashMap::new(), warning, runtime: Some(runtime) })
    }

    /// Sends the last statements of a transaction and `COMMIT` with one round trip.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] also when the server warned meanwhile: it says so, and reports success, when a machine
    /// of Citus was lost during the commit, or when a wait for a standby was cancelled.
    pub fn commit(&mut self, calls: &[Call<'_>]) -> Result<()> {
        self.warning.take();
        self.pipeline(None, calls, Some("COMMIT"))?;
        match self.warning.take() {
            Some(text) => Err(StoreError::Unreachable(format!("warning during the commit: {text}"))),
            None => Ok(()),
        }
    }

    /// Whether the server is known to have closed the connection.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs statements of the simple protocol, without parameters and without rows.
    pub fn batch(&mut self, sql: &str) -> Result<()> {
        wait(&self.runtime, self.client.batch_execute(sql)).map_err(broken)
    }

    /// All rows of a statement.
    pub fn query(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        self.prepare([sql])?;
        let statement = self.statement(sql)?;
        wait(&self.runtime, self.client.query(&statement, params)).map_err(broken)
    }

    /// The first row of a statement, if any.
    pub fn query_opt(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Option<Row>> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    /// The first row of a statement; an error if it returns none.
    pub fn query_one(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Row> {
        self.query_opt(sql, params)?.ok_or_else(|| StoreError::Damaged(format!("no row for {sql}")))
    }

    /// Runs a statement and returns how many rows it changed.
    pub fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64> {
        self.prepare([sql])?;
        let statement = self.statement(sql)?;
        wait(&self.runtime, self.client.execute(&statement, params)).map_err(broken)
    }

    /// Visits the rows of a statement as they come, without collecting them.
    pub fn visit(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut visit: impl FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        self.prepare([sql])?;
        let statement = self.statement(sql)?;
        let params = params.iter().copied();
        wait(&self.runtime, async {
            let mut rows = std::pin::pin!(self.client.query_raw(&statement, params).await.map_err(broken)?);
            while let Some(row) = rows.next().await {
                visit(&row.map_err(broken)?)?;
            }
            Ok(())
        })
    }

    /// Like [`Conn::visit`], without caching the prepared statement.
    pub fn visit_once(&mut self, sql: &str, mut visit: impl FnMut(&Row) -> Result<()>) -> Result<()> {
        wait(&self.runtime, async {
            let none: [Param<'_>; 0] = [];
            let mut rows = std::pin::pin!(self.client.query_raw(sql, none).await.map_err(broken)?);
            while let Some(row) = rows.next().await {
                visit(&row.map_err(broken)?)?;
            }
            Ok(())
        })
    }

    /// Runs a statement without caching it as a prepared statement.
    pub fn execute_once(&mut self, sql: &str, params: &[Param<'_>]) -> Result<()> {
        wait(&self.runtime, self.client.execute(sql, params)).map(drop).map_err(broken)
    }

    /// Sends statements without waiting in between, with `before` and `after` in the simple protocol. Returns the
    /// rows of each statement, or the first error, once all replies have arrived.
    pub fn pipeline(
        &mut self,
        before: Option<&str>,
        calls: &[Call<'_>],
        after: Option<&str>,
    ) -> Result<Vec<Vec<Row>>> {
        self.prepare(calls.iter().map(|(sql, _)| *sql))?;
        let statements =
            calls.iter().map(|(sql, _)| self.statement(sql)).collect::<Result<Vec<Statement>>>()?;
        let client = &self.client;
        let queries =
            calls.iter().zip(&statements).map(|((_, params), statement)| client.query(statement, params));
        let replies = wait(
            &self.runtime,
            in_order(
                before.map(|sql| client.batch_execute(sql)),
                queries.collect(),
                after.map(|sql| client.batch_execute(sql)),
            ),
        );
        replies.map_err(broken)
    }

    /// Prepares the statements that are not prepared yet, with one round trip.
    fn prepare(&mut self, statements: impl IntoIterator<Item = &'static str>) -> Result<()> {
        let new: Vec<&'static str> =
            statements.into_iter().filter(|sql| !self.statements.contains_key(sql)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let prepared = try_join_all(new.iter().map(|sql| self.client.prepare(sql)));
        let prepared = wait(&self.runtime, prepared).map_err(broken)?;
        self.statements.extend(new.into_iter().zip(prepared));
        Ok(())
    }

    fn statement(&self, sql: &str) -> Result<Statement> {
        let known = self.statements.get(sql).cloned();
        known.ok_or_else(|| StoreError::Damaged(format!("never prepared: {sql}")))
    }
}

/// The last warning of the server on a connection.
#[derive(Clone, Default)]
struct Warning(Arc<Mutex<Option<String>>>);

impl Warning {
    /// Drives the connection. A warning is known before the reply after it.
    async fn follow<S, T>(self, mut connection: Connection<S, T>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let mut messages = poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notice(notice) = message
                && notice.parsed_severity() == Some(Severity::Warning)
            {
                self.replace(Some(notice.message().to_owned()));
            }
        }
    }

    fn take(&self) -> Option<String> {
        self.replace(None)
    }

    fn replace(&self, text: Option<String>) -> Option<String> {
        std::mem::replace(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), text)
    }
}

/// Runs a connection's runtime until a future is done.
fn wait<T>(runtime: &Option<Runtime>, future: impl Future<Output = T>) -> T {
    #[expect(clippy::expect_used, reason = "only `drop` takes it out")]
    let runtime = runtime.as_ref().expect("a connection has a runtime");
    runtime.block_on(future)
}

/// Polls futures in this order, so that their statements are sent in the same order. Waits for all of them.
async fn in_order<T, E>(
    before: Option<impl Future<Output = std::result::Result<(), E>>>,
    each: Vec<impl Future<Output = std::result::Result<T, E>>>,
    after: Option<impl Future<Output = std::result::Result<(), E>>>,
) -> std::result::Result<Vec<T>, E> {
    let (begun, replies, ended) = join3(maybe(before), join_all(each), maybe(after)).await;
    begun?;
    let replies = replies.into_iter().collect::<std::result::Result<Vec<T>, E>>()?;
    ended?;
    Ok(replies)
}

async fn maybe<E>(
    future: Option<impl Future<Output = std::result::Result<(), E>>>,
) -> std::result::Result<(), E> {
    match future {
        Some(future) => future.await,
        None => Ok(()),
    }
}
