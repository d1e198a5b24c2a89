//! Notifications between nodes. A node tells the others through the database that it added to an app's log, a few
//! times a second at most for each app. A notification can be lost, so every node also reads the ends of all logs
//! every two seconds.

use super::address::{Address, Link};
use super::error::broken;
use super::{Shared, limits, sql};
use crate::error::{Result, StoreError};
use crate::nodes::{LogChange, LogChanged};
use crate::row::Row as _;
use futures_util::StreamExt as _;
use kaquan_core::id::{AppId, EventSeq};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client, Statement};

/// How long new log ends are collected before they are sent.
const COLLECT_FOR: Duration = Duration::from_millis(20);
/// Pause between two reads of the ends of all logs. A node's view of the logs is at most this old while it reaches
/// the database.
const POLL_EVERY: Duration = Duration::from_secs(2);
/// Polls between two looks at all hosts of the address.
const POLLS_PER_LOOK: u32 = 5;
/// Pause between two attempts to reach the database.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The next numbers of an app after a commit.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogEnd {
    /// The number of the next event.
    pub next: EventSeq,
    /// The number of the next code.
    pub code_seq: i64,
}

/// Sends the log ends of this node's commits to the thread that notifies other nodes.
#[derive(Default)]
pub(super) struct Notifier(Mutex<Option<Subscriber>>);

struct Subscriber {
    appended: mpsc::UnboundedSender<(AppId, LogEnd)>,
    log_changed: LogChanged,
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notifier")
    }
}

impl Notifier {
    /// Called after a commit. Does nothing in a process that did not subscribe, such as a command beside a server. The
    /// server then finds the events when it polls.
    pub fn on_append(&self, app: AppId, end: LogEnd) {
        let subscriber = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(subscriber) = &*subscriber {
            // Fails only after the store was dropped and the thread has ended.
            let _ = subscriber.appended.send((app, end));
        }
    }

    /// Called after a commit has passed over the numbers of lost events; `next` is the first of them.
    pub fn on_loss(&self, app: AppId, next: EventSeq) {
        let subscriber = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(subscriber) = &*subscriber {
            (subscriber.log_changed)(app, LogChange::WentBack(next));
        }
    }
}

/// Starts the thread that sends and receives notifications. It ends with the store.
pub(super) fn start(shared: &Arc<Shared>, log_changed: LogChanged) -> Result<()> {
    let (sender, appended) = mpsc::unbounded_channel();
    let subscriber = Subscriber { appended: sender, log_changed: log_changed.clone() };
    *shared.notifier.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(subscriber);
    let io = |source| StoreError::Io { path: "a thread".to_owned(), source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(io)?;
    let subscription = Subscription {
        address: shared.pool.address().clone(),
        channel: format!("kaquan_{}", shared.schema),
        appended,
        log_changed,
        ends: HashMap::new(),
        shared: Arc::downgrade(shared),
    };
    let run = move || runtime.block_on(subscription.run());
    std::thread::Builder::new().name("kaquan-notify".to_owned()).spawn(run).map_err(io)?;
    Ok(())
}

struct Subscription {
    address: Address,
    channel: String,
    appended: mpsc::UnboundedReceiver<(AppId, LogEnd)>,
    log_changed: LogChanged,
    /// The last known end of each log.
    ends: HashMap<AppId, EventSeq>,
    /// A weak reference: the thread ends when the store is dropped.
    shared: Weak<Shared>,
}

impl Subscription {
    async fn run(mut self) {
        while let Some(shared) = self.shared.upgrade() {
            shared.pool.close_idle();
            drop(shared);
            match self.session().await {
                Ok(()) => return,
                Err(error) => tracing::debug!(%error, "notification connection lost; connecting again"),
            }
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }

    /// Sends and receives over one connection. Returns `Ok` when the store is dropped.
    async fn session(&mut self) -> Result<()> {
        let address = self.address.clone();
        let link = address.connect(Instant::now(), async |link| Ok(link)).await;
        if let Err(StoreError::TooManyConnections(_)) = &link
            && let Some(shared) = self.shared.upgrade()
        {
            shared.pool.free_one();
        }
        let Link { client, mut messages, .. } = link?;
        let (received, mut notifications) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(message)) = messages.next().await {
                if let AsyncMessage::Notification(notification) = message
                    && received.send(notification.payload().to_owned()).is_err()
                {
                    return;
                }
            }
        });
        let listen = format!("LISTEN \"{}\"", self.channel.replace('"', "\"\""));
        self.answer(client.batch_execute(&listen)).await?;
        let notify = self.answer(client.prepare(sql::NOTIFY)).await?;
        let log_ends = self.answer(client.prepare(sql::LOG_ENDS)).await?;
        let (mut poll, mut polls) = (tokio::time::interval(POLL_EVERY), 0_u32);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                payload = notifications.recv() => match payload {
                    Some(payload) => self.on_notification(&payload),
                    // The connection is lost; the next statement returns the error.
                    None => drop(self.answer(client.query(&log_ends, &[])).await?),
                },
                appended = self.appended.recv() => {
                    let Some(appended) = appended else { return Ok(()) };
                    self.send(&client, &notify, appended).await?;
                }
                _ = poll.tick() => {
                    let Some(shared) = self.shared.upgrade() else { return Ok(()) };
                    shared.pool.close_idle();
                    drop(shared);
                    polls = polls.wrapping_add(1);
                    if polls.is_multiple_of(POLLS_PER_LOOK) {
                        let address = self.address.clone();
                        tokio::spawn(async move { address.compare_hosts().await });
                    }
                    let rows = self.answer(client.query(&log_ends, &[])).await?;
                    self.compare_ends(&rows)?;
                }
            }
        }
    }

    /// Waits for a reply of the server. If it does not come, connections of this node that were not used since are
    /// given up too.
    async fn answer<T>(
        &self,
        reply: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        match tokio::time::timeout(limits::NOTIFY, reply).await {
            Ok(done) => done.map_err(broken),
            Err(_) => {
                self.address.silence().found_silent("");
                let limit = limits::NOTIFY;
                Err(StoreError::Unreachable(format!("no reply about notifications within {limit:?}")))
            }
        }
    }

    async fn send(&mut self, client: &Client, notify: &Statement, first: (AppId, LogEnd)) -> Result<()> {
        tokio::time::sleep(COLLECT_FOR).await;
        let mut latest: HashMap<AppId, LogEnd> = HashMap::from([first]);
        while let Ok((app, end)) = self.appended.try_recv() {
            let known = latest.entry(app).or_insert(end);
            known.next = known.next.max(end.next);
            known.code_seq = known.code_seq.max(end.code_seq);
        }
        let payload =
            |(app, LogEnd { next, code_seq }): (&AppId, &LogEnd)| format!("{app} {next} {code_seq}");
        let payloads: Vec<String> = latest.iter().map(payload).collect();
        // The readers of this node were notified at the commit.
        for (app, end) in latest {
            raise(&mut self.ends, app, end.next);
        }
        self.answer(client.execute(notify, &[&self.channel, &payloads])).await.map(drop)
    }

    fn on_notification(&mut self, payload: &str) {
        let mut numbers = payload.split(' ').map(str::parse::<i64>);
        if let (Some(Ok(app)), Some(Ok(next))) = (numbers.next(), numbers.next()) {
            // Nodes of an earlier version do not send the number of the next code.
            if let (Some(Ok(code_seq)), Some(shared)) = (numbers.next(), self.shared.upgrade()) {
                shared.numbers_confirmed(AppId(app), code_seq, next);
            }
            self.set_end(AppId(app), EventSeq(next));
        }
    }

    fn set_end(&mut self, app: AppId, next: EventSeq) {
        if raise(&mut self.ends, app, next) {
            (self.log_changed)(app, LogChange::Grew(next));
        }
    }

    /// Takes the ends of all logs as the database has them. Every known end was committed before the query, so a
    /// lower one means that commits were lost.
    fn compare_ends(&mut self, rows: &[tokio_postgres::Row]) -> Result<()> {
        let mut lost = Vec::new();
        for row in rows {
            let (app, next) = (AppId(row.int(0)?), EventSeq(row.int(1)?));
            if let Some(shared) = self.shared.upgrade() {
                shared.numbers_confirmed(app, row.int(2)?, next.0);
            }
            match self.ends.get(&app) {
                Some(end) if next < *end => {
                    lost.push(format!("app {app}: events {next} to {}", end.0 - 1));
                    self.ends.insert(app, next);
                    (self.log_changed)(app, LogChange::WentBack(next));
                }
                _ => self.set_end(app, next),
            }
        }
        if let Some(first) = lost.first() {
            tracing::error!(
                apps = lost.len(),
                %first,
                "the database lost commits that it had confirmed, as after the promotion of a standby that had not received \
                 them; event push and streams go on from the end of each log. With a synchronous standby nothing is lost"
            );
        }
        Ok(())
    }
}

/// Raises the known end of a log; returns whether it was lower.
fn raise(ends: &mut HashMap<AppId, EventSeq>, app: AppId, next: EventSeq) -> bool {
    let end = ends.entry(app).or_default();
    let grew = *end < next;
    *end = next.max(*end);
    grew
}
