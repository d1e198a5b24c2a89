//! How nodes hear of each other: what a node commits it tells the others through the database, a few times a second at
//! most for each app; and as a word can be lost, every node also looks at the ends of all logs every two seconds.

use super::connect::Address;
use super::{Shared, sql};
use crate::error::{Result, StoreError};
use crate::nodes::LogGrew;
use futures_util::StreamExt as _;
use kaquan_core::id::{AppId, EventSeq};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Client, NoTls, Socket};

/// How long what is to be told is gathered.
const GATHER: Duration = Duration::from_millis(20);
/// Between two looks at the ends of the logs: how stale a node's view can be at most while it reaches the database.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Between two attempts to reach the database.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// What this node has to tell the others.
#[derive(Debug, Default)]
pub(super) struct Outbox(Mutex<Option<mpsc::UnboundedSender<(AppId, EventSeq)>>>);

impl Outbox {
    /// Tells the others, if this node listens: a command that writes beside a server says nothing, and is heard of all
    /// the same when the server looks.
    pub fn log_grew(&self, app: AppId, next: EventSeq) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = &*sender {
            // A listener that ended says nothing more.
            let _ = sender.send((app, next));
        }
    }
}

/// Starts the thread that tells and hears. It ends with the store.
pub(super) fn start(shared: &Arc<Shared>, hear: LogGrew) -> Result<()> {
    let (sender, outgoing) = mpsc::unbounded_channel();
    *shared.outbox.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
    let io = |source| StoreError::Io { path: "a thread".to_owned(), source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(io)?;
    let listener = Listener {
        address: shared.pool.address().clone(),
        channel: format!("kaquan_{}", shared.schema),
        outgoing,
        hear,
        known: HashMap::new(),
        shared: Arc::downgrade(shared),
    };
    let run = move || runtime.block_on(listener.run());
    std::thread::Builder::new().name("kaquan-listen".to_owned()).spawn(run).map_err(io)?;
    Ok(())
}

struct Listener {
    address: Address,
    channel: String,
    outgoing: mpsc::UnboundedReceiver<(AppId, EventSeq)>,
    hear: LogGrew,
    known: HashMap<AppId, EventSeq>,
    /// Dangling once the store is gone.
    shared: Weak<Shared>,
}

impl Listener {
    async fn run(mut self) {
        while self.shared.strong_count() > 0 {
            let done = match self.address.tls() {
                Some(tls) => self.session(tls).await,
                None => self.session(NoTls).await,
            };
            match done {
                Ok(()) => return,
                Err(error) => tracing::debug!(%error, "no word from other nodes; trying again"),
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }

    /// Tells and hears over one connection. Ends well when the store is gone.
    async fn session<T>(&mut self, tls: T) -> std::result::Result<(), tokio_postgres::Error>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, mut connection) = self.address.config().connect(tls).await?;
        let (heard, mut words) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut messages = futures_util::stream::poll_fn(move |cx| connection.poll_message(cx));
            while let Some(Ok(message)) = messages.next().await {
                if let AsyncMessage::Notification(word) = message
                    && heard.send(word.payload().to_owned()).is_err()
                {
                    return;
                }
            }
        });
        client.batch_execute(&format!("LISTEN \"{}\"", self.channel.replace('"', "\"\""))).await?;
        let (notify, ends) = (client.prepare(sql::NOTIFY).await?, client.prepare(sql::LOG_ENDS).await?);
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                word = words.recv() => match word {
                    Some(word) => self.heard(&word),
                    // The connection is gone; the next statement says why.
                    None => drop(client.query(&ends, &[]).await?),
                },
                grown = self.outgoing.recv() => {
                    let Some(grown) = grown else { return Ok(()) };
                    self.tell(&client, &notify, grown).await?;
                }
                _ = look.tick() => {
                    if self.shared.strong_count() == 0 {
                        return Ok(());
                    }
                    for row in client.query(&ends, &[]).await? {
                        self.note(AppId(row.try_get(0)?), EventSeq(row.try_get(1)?));
                    }
                }
            }
        }
    }

    async fn tell(
        &mut self,
        client: &Client,
        notify: &tokio_postgres::Statement,
        first: (AppId, EventSeq),
    ) -> std::result::Result<(), tokio_postgres::Error> {
        tokio::time::sleep(GATHER).await;
        let mut grown: HashMap<AppId, EventSeq> = HashMap::from([first]);
        while let Ok((app, next)) = self.outgoing.try_recv() {
            let known = grown.entry(app).or_default();
            *known = next.max(*known);
        }
        let words: Vec<String> = grown.iter().map(|(app, next)| format!("{app} {next}")).collect();
        // Its own readers were told at once.
        self.known.extend(grown);
        client.execute(notify, &[&self.channel, &words]).await.map(drop)
    }

    fn heard(&mut self, word: &str) {
        let mut numbers = word.split(' ').map(str::parse::<i64>);
        if let (Some(Ok(app)), Some(Ok(next))) = (numbers.next(), numbers.next()) {
            self.note(AppId(app), EventSeq(next));
        }
    }

    fn note(&mut self, app: AppId, next: EventSeq) {
        let known = self.known.entry(app).or_default();
        if *known != next {
            *known = next;
            (self.hear)(app, next);
        }
    }
}
