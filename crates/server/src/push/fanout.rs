//! Sends the log to event streams. One reader for each app reads each event once and sends it to every stream of the
//! app. A stream that lags reads the log itself. The number of streams is limited, for each app and in total.
//!
//! No library writes the server-sent events, because each event must be encoded only once for all streams.

use super::{event_payload, json};
use crate::auth::apps::AppHandle;
use crate::store_access::StoreAccess;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::event::EventKind;
use kaquan_core::id::{AppId, EventSeq};
use kaquan_ledger::Ledger;
use kaquan_store::Store;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// The largest number of open streams of an app.
pub const STREAMS_OF_APP_MAX: usize = 100;
/// The largest number of open streams of all apps together.
pub const STREAMS_MAX: usize = 1000;
/// Events in one read of the log.
pub const PAGE: usize = 256;
/// A stream that lags by more pages than this reads the log itself.
const LAG_MAX: usize = 16;
/// Events within this time are sent together, so that many small batches do not wake every stream again and again.
const PACE: Duration = Duration::from_millis(50);

/// An event in the form of a stream.
#[derive(Debug)]
pub struct Line {
    pub seq: EventSeq,
    pub kind: EventKind,
    /// The text of the server-sent event.
    pub text: String,
}

/// Consecutive events of an app.
pub type Page = Arc<Vec<Line>>;

/// Counts the open streams; cheap to clone.
#[derive(Debug, Clone, Default)]
struct StreamSlots(Arc<Mutex<OpenStreams>>);

#[derive(Debug, Default)]
struct OpenStreams {
    by_app: HashMap<AppId, usize>,
    all: usize,
}

/// The place of an open stream. Dropping it frees the place.
#[derive(Debug)]
pub struct StreamSlot {
    slots: StreamSlots,
    app: AppId,
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let mut open = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        if let Some(of_app) = open.by_app.get_mut(&self.app) {
            *of_app -= 1;
            if *of_app == 0 {
                open.by_app.remove(&self.app);
            }
        }
    }
}

impl StreamSlots {
    fn take(&self, app: AppId) -> Result<StreamSlot> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_app = open.by_app.get(&app).copied().unwrap_or(0);
        if of_app >= STREAMS_OF_APP_MAX {
            let reason =
                format!("the app has {of_app} streams open, at most {STREAMS_OF_APP_MAX}; close one");
            return Err(Error::field(ErrCode::ApiDailyQuota, "stream", reason));
        }
        if open.all >= STREAMS_MAX {
            let reason = "too many streams are open on this server; connect again later";
            return Err(Error::field(ErrCode::SystemError, "stream", reason));
        }
        open.all += 1;
        *open.by_app.entry(app).or_default() += 1;
        Ok(StreamSlot { slots: self.clone(), app })
    }
}

/// For each app with subscribers, the channel for its new events.
type Feeds = Arc<Mutex<HashMap<AppId, broadcast::Sender<Page>>>>;

/// The open streams, and the log readers that feed them.
pub struct Fanout {
    store: StoreAccess,
    ledger: Ledger,
    stopped: watch::Receiver<bool>,
    slots: StreamSlots,
    feeds: Feeds,
}

impl Fanout {
    /// Feeds streams from this store and ledger until `stopped` is true.
    pub fn new(store: StoreAccess, ledger: Ledger, stopped: watch::Receiver<bool>) -> Fanout {
        Fanout { store, ledger, stopped, slots: StreamSlots::default(), feeds: Feeds::default() }
    }

    /// Takes a place for one more stream of the app.
    ///
    /// # Errors
    ///
    /// 45009 if the app has too many open streams; -1 if all apps together have too many.
    pub fn slot(&self, app: AppId) -> Result<StreamSlot> {
        self.slots.take(app)
    }

    /// Subscribes to the app's events. `end` is an end of the log that was read before this call; if this call starts
    /// the reader, the reader begins at `end`. The caller must read the events before the subscription itself.
    pub fn subscribe(&self, app: &Arc<AppHandle>, end: EventSeq) -> broadcast::Receiver<Page> {
        let id = app.row.app.id;
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = feeds.get(&id) {
            return feed.subscribe();
        }
        let (sender, receiver) = broadcast::channel(LAG_MAX);
        feeds.insert(id, sender.clone());
        drop(feeds);
        let reader = Reader {
            store: self.store.clone(),
            log: self.ledger.follow(id),
            stopped: self.stopped.clone(),
            app: app.clone(),
            sender,
            next: end,
        };
        tokio::spawn(reader.run(self.feeds.clone()));
        receiver
    }

    /// The events from `from` on, for a stream that reads the log itself. The read counts for the app's share.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub async fn catch_up(&self, app: &Arc<AppHandle>, from: EventSeq) -> Result<Vec<Line>> {
        self.store.expensive_in_any_case(app.row.app.id, page(app, from)).await
    }
}

/// Removes the feed of an app. If `only_unused` is set and the feed has subscribers, returns `false` and does
/// nothing.
fn close(feeds: &Feeds, app: AppId, only_unused: bool) -> bool {
    let mut feeds = feeds.lock().unwrap_or_else(PoisonError::into_inner);
    if only_unused && feeds.get(&app).is_some_and(|feed| feed.receiver_count() > 0) {
        return false;
    }
    feeds.remove(&app);
    true
}

/// The one reader of an app's log.
struct Reader {
    store: StoreAccess,
    /// Changes after the app's log has grown.
    log: watch::Receiver<EventSeq>,
    stopped: watch::Receiver<bool>,
    app: Arc<AppHandle>,
    sender: broadcast::Sender<Page>,
    next: EventSeq,
}

impl Reader {
    async fn run(mut self, feeds: Feeds) {
        let id = self.app.row.app.id;
        while self.follow().await {
            if close(&feeds, id, true) {
                return;
            }
        }
        // The streams end together with the feed, and their clients connect again.
        close(&feeds, id, false);
    }

    /// Reads and sends. Returns true after the last subscriber has gone, and false after an error.
    async fn follow(&mut self) -> bool {
        while !*self.stopped.borrow() {
            if self.sender.receiver_count() == 0 {
                return true;
            }
            self.log.mark_unchanged();
            let lines = match self.store.blocking(page(&self.app, self.next)).await {
                Ok(lines) => lines,
                Err(error) => {
                    tracing::error!(%error, "event stream reader stopped");
                    return false;
                }
            };
            let count = lines.len();
            if let Some(last) = lines.last() {
                self.next = EventSeq(last.seq.0 + 1);
                // It is no error if there is no subscriber: the loop then ends.
                let _ = self.sender.send(Arc::new(lines));
            }
            if count == PAGE {
                continue;
            }
            if count > 0 {
                tokio::time::sleep(PACE).await;
            }
            tokio::select! {
                changed = self.log.changed() => if changed.is_err() { return false },
                _ = self.sender.closed() => return true,
                _ = self.stopped.changed() => {}
            }
        }
        false
    }
}

/// Reads at most a page of events as lines.
fn page(
    app: &Arc<AppHandle>,
    from: EventSeq,
) -> impl FnOnce(&dyn Store) -> Result<Vec<Line>> + Send + 'static {
    let app = app.clone();
    move |store: &dyn Store| {
        let events = store.events(app.row.app.id, from, PAGE)?;
        let payloads = event_payload::load(store, &app, events)?;
        let line = |payload: &event_payload::EventPayload| {
            let (seq, kind) = (payload.event.seq, payload.event.kind);
            let data = json::message(payload, &app.row.appid);
            Line { seq, kind, text: format!("id: {seq}\nevent: {}\ndata: {data}\n\n", kind.name()) }
        };
        Ok(payloads.iter().map(line).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_of_an_app_and_of_all_apps_are_bounded() {
        let all = StreamSlots::default();
        let take = |app: i64| all.take(AppId(app));
        let mut slots: Vec<StreamSlot> = (0..STREAMS_OF_APP_MAX).map(|_| take(1).unwrap()).collect();
        assert_eq!(take(1).unwrap_err().code, ErrCode::ApiDailyQuota);
        assert!(take(2).is_ok(), "another app has slots of its own");
        slots.pop();
        slots.push(take(1).unwrap());
        for app in 2..=10 {
            slots.extend((0..STREAMS_OF_APP_MAX).map(|_| take(app).unwrap()));
        }
        assert_eq!(take(11).unwrap_err().code, ErrCode::SystemError);
        slots.clear();
        assert!(take(11).is_ok());
    }
}
