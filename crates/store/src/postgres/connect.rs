//! Connections to PostgreSQL. Each has its own runtime, which runs only during a call, so that a blocking call needs
//! no other thread. Several statements can be sent with one round trip. No pool library offers blocking connections
//! with such a pipeline.

use super::address::{Address, Link};
use super::error::broken;
use super::timeline::Timeline;
use super::{limits, silence};
use crate::error::{Result, StoreError};
use futures_util::future::{join_all, join3, try_join_all};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use std::cell::Cell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::error::Severity;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Row, SimpleQueryMessage, Statement};

/// Settings of every connection. Generic plans are used: a plan for the parameters of one app may be slow for other
/// apps, and planning takes as long as the statement. Citus plans by the value of the app, so it needs custom plans.
/// With the keepalives, the server notices within seconds that a node's machine is lost, and releases the node's
/// locks. If the address sets `lock_timeout`, that value remains.
const SET_UP: &str = "SELECT set_config('plan_cache_mode', CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = \
                      'citus') THEN 'force_custom_plan' ELSE 'force_generic_plan' END, false); \
                      SET jit = off; SET tcp_keepalives_idle = 5; \
                      SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; \
                      SELECT set_config('lock_timeout', '10s', false) WHERE current_setting('lock_timeout') = '0'";

pub(super) type Param<'a> = &'a (dyn ToSql + Sync);
/// A statement with its parameters.
pub(super) type Call<'a> = (&'static str, Vec<Param<'a>>);
type Reply<T> = std::result::Result<T, tokio_postgres::Error>;

/// A connection. Between two calls, no work runs on it. Every wait ends: if the server falls silent, the connection
/// counts as lost. Every later call then returns [`StoreError::Unreachable`].
pub(super) struct Conn {
    client: Client,
    /// The timeline of the server, if the address has several.
    timeline: Option<Timeline>,
    statements: HashMap<&'static str, Statement>,
    warning: Warning,
    runtime: OwnRuntime,
    address: Address,
    /// See [`silence::OWN_SESSION`].
    session: String,
    /// How long one reply may take, even while the server works on it; `None` for no limit.
    reply_max: Option<Duration>,
    heard_at: Cell<Instant>,
    is_lost: Cell<bool>,
}

/// The runtime of one connection.
struct OwnRuntime(Option<Runtime>);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // Dropping a runtime blocks, which is not allowed on async threads. No task of this runtime has to finish.
        self.0.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

impl OwnRuntime {
    /// Runs the connection until the future completes.
    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        #[expect(clippy::expect_used, reason = "only `drop` takes it out")]
        let runtime = self.0.as_ref().expect("a connection has a runtime");
        runtime.block_on(future)
    }
}

impl Conn {
    /// Connects. Retries for a while if no server can be reached.
    ///
    /// # Errors
    /// The errors of [`Address::connect`].
    pub fn open(address: &Address) -> Result<Conn> {
        let io = |source| StoreError::Io { path: "a runtime".to_owned(), source };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(io)?;
        let runtime = OwnRuntime(Some(runtime));
        let until = Instant::now() + limits::RETRY_CONNECT;
        let (client, timeline, session, warning) = runtime.wait(address.connect(until, set_up))?;
        address.silence().end_given_up(|end| {
            let ended = async { tokio::time::timeout(limits::ASK, client.batch_execute(end)).await };
            matches!(runtime.wait(ended), Ok(Ok(())))
        });
        let (address, reply_max) = (address.clone(), Some(limits::READ));
        let (heard_at, is_lost) = (Cell::new(Instant::now()), Cell::new(false));
        let statements = HashMap::new();
        Ok(Conn {
            client,
            timeline,
            statements,
            warning,
            runtime,
            address,
            session,
            reply_max,
            heard_at,
            is_lost,
        })
    }

    /// Limits how long one reply may take, even while the server works on it. With `None`, only silence ends the
    /// wait.
    pub fn set_reply_max(&mut self, max: Option<Duration>) {
        self.reply_max = max;
    }

    /// Waits for a reply of the server.
    fn wait<T>(&self, reply: impl Future<Output = Reply<T>>) -> Result<T> {
        self.runtime.wait(self.answer(reply))
    }

    /// Waits for a reply of the server, within the limits of this connection.
    async fn answer<T>(&self, reply: impl Future<Output = Reply<T>>) -> Result<T> {
        let mut reply = pin!(reply);
        if self.is_lost.get() {
            return Err(StoreError::Unreachable("the server did not reply before".to_owned()));
        }
        // Most rows have arrived already and need no timer.
        if let Poll::Ready(done) = std::future::poll_fn(|cx| Poll::Ready(reply.as_mut().poll(cx))).await {
            return self.heard(done);
        }
        let mut too_late = pin!(elapsed(self.reply_max));
        loop {
            tokio::select! {
                biased;
                done = &mut reply => return self.heard(done),
                max = &mut too_late => return Err(self.lost(&format!("no reply within {max:?}"))),
                () = tokio::time::sleep(limits::SILENCE) => {}
            }
            tokio::select! {
                biased;
                done = &mut reply => return self.heard(done),
                max = &mut too_late => return Err(self.lost(&format!("no reply within {max:?}"))),
                is_working = self.address.silence().is_working(&self.address, &self.session) => {
                    if !is_working {
                        return Err(self.lost("the server is silent and does not work on the statement"));
                    }
                }
            }
        }
    }

    fn heard<T>(&self, done: Reply<T>) -> Result<T> {
        self.heard_at.set(Instant::now());
        done.map_err(broken)
    }

    fn lost(&self, why: &str) -> StoreError {
        tracing::warn!(why, "database connection dropped");
        self.is_lost.set(true);
        self.address.silence().found_silent(&self.session);
        StoreError::Unreachable(why.to_owned())
    }

    /// Whether the connection is not to be used any more: the server closed it or was replaced, or another connection
    /// of this process was found silent since this one was last used.
    pub fn is_closed(&self) -> bool {
        self.is_lost.get()
            || self.client.is_closed()
            || self.address.silence().was_silent_since(self.heard_at.get())
            || self.address.has_replaced(self.timeline.as_ref())
    }

    /// Runs statements of the simple protocol: without parameters and result rows.
    pub fn batch(&mut self, sql: &str) -> Result<()> {
        self.wait(self.client.batch_execute(sql))
    }

    /// All rows of a statement.
    pub fn query(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        self.prepare([sql])?;
        let statement = self.statement(sql)?;
        self.wait(self.client.query(&statement, params))
    }

    /// The first row of a statement, if any.
    pub fn query_opt(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Option<Row>> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    /// The first row of a statement. Returns an error if there is no row.
    pub fn query_one(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Row> {
        self.query_opt(sql, params)?.ok_or_else(|| StoreError::Damaged(format!("no row for {sql}")))
    }

    /// Runs a statement and returns how many rows it changed.
    pub fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64> {
        self.prepare([sql])?;
        let statement = self.statement(sql)?;
        self.wait(self.client.execute(&statement, params))
    }

    /// Calls `visit` for each row of a statement as it arrives, without collecting the rows.
    pub fn visit(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut visit: impl FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        self.prepare([sql])?;
        let statement = self.statement(sql)?;
        let params = params.iter().copied();
        self.runtime.wait(async {
            let mut rows = pin!(self.answer(self.client.query_raw(&statement, params)).await?);
            while let Some(row) = self.answer(rows.try_next()).await? {
                visit(&row)?;
            }
            Ok(())
        })
    }

    /// Like [`Conn::visit`], without caching the prepared statement.
    pub fn visit_once(&mut self, sql: &str, mut visit: impl FnMut(&Row) -> Result<()>) -> Result<()> {
        self.runtime.wait(async {
            let none: [Param<'_>; 0] = [];
            let mut rows = pin!(self.answer(self.client.query_raw(sql, none)).await?);
            while let Some(row) = self.answer(rows.try_next()).await? {
                visit(&row)?;
            }
            Ok(())
        })
    }

    /// Runs a statement without caching it as a prepared statement.
    pub fn execute_once(&mut self, sql: &str, params: &[Param<'_>]) -> Result<()> {
        self.wait(self.client.execute(sql, params)).map(drop)
    }

    /// Sends statements without waiting for replies in between. `before` and `after` are sent in the simple protocol.
    /// Returns the rows of each statement, or the first error, after all replies have arrived.
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
        self.wait(in_order(
            before.map(|sql| client.batch_execute(sql)),
            queries.collect(),
            after.map(|sql| client.batch_execute(sql)),
        ))
    }

    /// Sends the last statements of a transaction and `COMMIT` with one round trip.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] also if the server sent a warning during the commit. The server then reports
    /// success, but a machine of Citus was lost, or the wait for a standby was cancelled.
    pub fn commit(&mut self, calls: &[Call<'_>]) -> Result<()> {
        self.warning.take();
        self.pipeline(None, calls, Some("COMMIT"))?;
        match self.warning.take() {
            Some(text) => Err(StoreError::Unreachable(format!("warning during the commit: {text}"))),
            None => Ok(()),
        }
    }

    /// Prepares the statements that are not prepared yet, with one round trip.
    fn prepare(&mut self, statements: impl IntoIterator<Item = &'static str>) -> Result<()> {
        let new: Vec<&'static str> =
            statements.into_iter().filter(|sql| !self.statements.contains_key(sql)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let prepared = try_join_all(new.iter().map(|sql| self.client.prepare(sql)));
        let prepared = self.wait(prepared)?;
        self.statements.extend(new.into_iter().zip(prepared));
        Ok(())
    }

    fn statement(&self, sql: &str) -> Result<Statement> {
        let known = self.statements.get(sql).cloned();
        known.ok_or_else(|| StoreError::Damaged(format!("never prepared: {sql}")))
    }
}

/// Waits for this time and returns it. Without a limit, waits forever.
async fn elapsed(limit: Option<Duration>) -> Duration {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
    limit.unwrap_or_default()
}

/// The last warning of the server on a connection.
#[derive(Clone, Default)]
struct Warning(Arc<Mutex<Option<String>>>);

impl Warning {
    /// Polls the messages of a connection. A warning is stored before the reply that follows it.
    async fn follow(self, mut messages: BoxStream<'static, Reply<AsyncMessage>>) {
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

/// Starts a connection on the runtime that polls this, and prepares it. Returns its client, the timeline of the server,
/// its session and its warnings.
async fn set_up(link: Link) -> Result<(Client, Option<Timeline>, String, Warning)> {
    let Link { client, messages, timeline } = link;
    let warning = Warning::default();
    tokio::spawn(warning.clone().follow(messages));
    client.batch_execute(SET_UP).await.map_err(broken)?;
    let reply = client.simple_query(silence::OWN_SESSION).await.map_err(broken)?;
    let session = reply.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let session = session.unwrap_or_default().to_owned();
    Ok((client, timeline, session, warning))
}

/// Waits for a reply, and polls the messages of its connection meanwhile.
pub(super) async fn drive<T>(
    messages: &mut BoxStream<'static, Reply<AsyncMessage>>,
    reply: impl Future<Output = Reply<T>>,
) -> Result<T> {
    let driver = async { while messages.next().await.is_some_and(|message| message.is_ok()) {} };
    let mut reply = pin!(reply);
    tokio::select! {
        done = &mut reply => done.map_err(broken),
        // The connection has ended, so the reply has arrived or will never come.
        () = driver => reply.await.map_err(broken),
    }
}

/// Polls two futures in this order, so that their statements are sent in this order. Waits for both.
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
