//! Delivers the events of one app: reads the log from the app's mark, hands events to the outbox, sends what it gives
//! out, and writes down how far it has come. What it had not written down when the process died is sent once more.

use super::client::Sent;
use super::facts::{self, Facts};
use super::outbox::{Item, Outbox};
use super::parcel::Packer;
use super::told::Told;
use super::verify::verdict;
use crate::auth::apps::AppHandle;
use crate::state::{State, blocking};
use kaquan_core::error::{Error, Result};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::time::Timestamp;
use kaquan_store::{Attempt, Callback, Delivery, DeliveryState, EventFilter, PushCursor, PushProgress};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Between two times of writing down; what happened since is done again after a crash.
const SAVE_EVERY: Duration = Duration::from_millis(200);
/// The longest pause before the clock is looked at again while something is due later.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After the store failed.
const PAUSE: Duration = Duration::from_secs(1);
/// Events read from the log at once.
const PAGE: usize = 256;
/// Bytes of an answer that are kept.
const ANSWER_KEPT: usize = 512;

/// What a reader is told from outside.
#[derive(Debug, Clone)]
pub(super) struct Signals {
    /// Stop.
    pub stopped: watch::Receiver<bool>,
    /// The revision of the app's rows; see [`PushCursor::revision`].
    pub revision: watch::Receiver<i64>,
}

/// Delivers until it is told to stop.
pub(super) async fn run(state: State, app: Arc<AppHandle>, callback: Callback, mut signals: Signals) {
    let packer = Packer { callback, appid: app.row.appid.clone() };
    while !*signals.stopped.borrow() {
        let outcome = match Runner::open(&state, &app, &packer).await {
            Ok(Some(mut runner)) => runner.deliver(&mut signals).await,
            // The callback was taken away meanwhile.
            Ok(None) => return,
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            tracing::error!(appid = packer.appid, %error, "events cannot be delivered; trying again");
            tokio::select! {
                _ = tokio::time::sleep(PAUSE) => {}
                _ = signals.stopped.changed() => {}
            }
        }
    }
}

/// How a flight ended.
struct Landed {
    seq: EventSeq,
    at: Timestamp,
    sent: Sent,
}

struct Runner {
    state: State,
    app: Arc<AppHandle>,
    packer: Arc<Packer>,
    outbox: Outbox<Arc<Facts>>,
    /// Times of the events taken.
    told: Told,
    /// Times of the events before the mark, and the events between the mark and the log's.
    settled: Told,
    between: VecDeque<Arc<Facts>>,
    flights: JoinSet<Result<Landed>>,
    attempts: Vec<Attempt>,
    attempt_no: u32,
    saved_mark: EventSeq,
    saved_at: Instant,
}

impl Runner {
    async fn open(state: &State, app: &Arc<AppHandle>, packer: &Packer) -> Result<Option<Runner>> {
        let handle = app.clone();
        let read = blocking(state, move |store| -> Result<_> {
            let id = handle.row.app.id;
            let Some(mark) = store.push_cursor(id)? else { return Ok(None) };
            let open = with_facts(store, &handle, store.open_deliveries(id, mark.next)?)?;
            let last_second = last_second(store, &handle, &mark)?;
            Ok(Some((mark, open, last_second)))
        });
        let Some((mark, open, last_second)) = read.await? else { return Ok(None) };
        let mut settled = Told::from_note(&mark.note);
        last_second.iter().for_each(|facts| settled.recall(facts));
        let over = open.iter().filter(|(row, _)| row.state != DeliveryState::Pending).map(|(row, _)| row.seq);
        let mut runner = Runner {
            state: state.clone(),
            app: app.clone(),
            outbox: Outbox::new(packer.callback.policy, mark.next, over),
            packer: Arc::new(packer.clone()),
            told: settled.clone(),
            settled,
            between: VecDeque::new(),
            flights: JoinSet::new(),
            attempts: Vec::new(),
            attempt_no: 0,
            saved_mark: mark.next,
            saved_at: Instant::now(),
        };
        runner.adopt(open);
        Ok(Some(runner))
    }

    fn id(&self) -> AppId {
        self.app.row.app.id
    }

    fn adopt(&mut self, open: Vec<(Delivery, Facts)>) {
        for (row, facts) in open.into_iter().filter(|(row, _)| row.state == DeliveryState::Pending) {
            let event = facts.event.clone();
            self.outbox.adopt(&event, &row, Arc::new(facts));
        }
    }

    async fn deliver(&mut self, signals: &mut Signals) -> Result<()> {
        let mut log = self.state.ledger.follow(self.id());
        let mut nudges = self.state.push.nudges();
        let (mut log_has_more, mut rows_are_new) = (true, false);
        while !*signals.stopped.borrow() {
            if log_has_more && self.outbox.room() > 0 {
                log.mark_unchanged();
                log_has_more = self.take().await?;
            }
            if std::mem::take(&mut rows_are_new) {
                self.adopt_new().await?;
            }
            self.launch();
            if self.is_unsaved() && self.saved_at.elapsed() >= SAVE_EVERY {
                self.save().await?;
            }
            if log_has_more && self.outbox.room() > 0 {
                self.land_all()?;
                continue;
            }
            let pause = self.pause();
            tokio::select! {
                Some(landed) = self.flights.join_next() => {
                    self.land(landed.map_err(|error| Error::internal(format!("a push panicked: {error}")))??);
                    self.land_all()?;
                }
                Ok(()) = log.changed() => log_has_more = true,
                Ok(()) = signals.revision.changed() => rows_are_new = true,
                Ok(()) = nudges.changed() => log_has_more = true,
                _ = tokio::time::sleep(pause) => {}
                Ok(()) = signals.stopped.changed() => {}
            }
        }
        while let Some(landed) = self.flights.join_next().await {
            self.land(landed.map_err(|error| Error::internal(format!("a push panicked: {error}")))??);
        }
        self.save().await
    }

    /// How long nothing needs to be done, if nothing happens.
    fn pause(&self) -> Duration {
        let now = self.state.clock.now();
        let due = self.outbox.next_due().map(|due| match due.0 - now.0 {
            secs if secs <= 0 && self.flights.is_empty() => Duration::ZERO,
            _ => LOOK_EVERY,
        });
        let save = self.is_unsaved().then(|| SAVE_EVERY.saturating_sub(self.saved_at.elapsed()));
        due.into_iter().chain(save).min().unwrap_or(Duration::from_secs(3600))
    }

    /// Takes the next page of the log; tells whether there may be more.
    async fn take(&mut self) -> Result<bool> {
        let (from, count) = (self.outbox.head(), self.outbox.room().min(PAGE));
        let app = self.app.clone();
        let page = blocking(&self.state, move |store| -> Result<Vec<Facts>> {
            let events = store.events(app.row.app.id, from, count)?;
            facts::read(store, &app, events)
        })
        .await?;
        let (now, more) = (self.state.clock.now(), page.len() == count);
        for facts in page {
            let facts = Arc::new(facts);
            let seq = facts.event.seq;
            let told_at = self.told.tell(&facts);
            let wanted = self.packer.pushes(&facts) && !self.outbox.knows(seq);
            let item = wanted.then(|| Item { seq, told_at, load: facts.clone() });
            self.outbox.take(&facts.event, item, now);
            self.between.push_back(facts);
        }
        Ok(more)
    }

    /// Rows somebody else wrote: events to be pushed again.
    async fn adopt_new(&mut self) -> Result<()> {
        let (app, from) = (self.app.clone(), self.outbox.head());
        let open = blocking(&self.state, move |store| -> Result<_> {
            with_facts(store, &app, store.open_deliveries(app.row.app.id, from)?)
        });
        let open = open.await?;
        self.adopt(open);
        Ok(())
    }

    fn launch(&mut self) {
        let now = self.state.clock.now();
        while let Some(item) = self.outbox.next(now) {
            let (client, packer) = (self.state.push.client.clone(), self.packer.clone());
            let parcel = packer.pack(&item.load, item.told_at, now);
            self.flights.spawn(async move {
                let sent = client.post(parcel?).await;
                Ok(Landed { seq: item.seq, at: now, sent })
            });
        }
    }

    fn land_all(&mut self) -> Result<()> {
        while let Some(landed) = self.flights.try_join_next() {
            self.land(landed.map_err(|error| Error::internal(format!("a push panicked: {error}")))??);
        }
        Ok(())
    }

    fn land(&mut self, landed: Landed) {
        let Landed { seq, at, sent } = landed;
        let now = self.state.clock.now();
        let verdict = verdict(self.packer.callback.mode, &sent);
        self.state.metrics.push(verdict.is_ok());
        match &verdict {
            Ok(()) => self.outbox.accepted(seq, now),
            Err(reason) => {
                let state = self.outbox.refused(seq, now);
                tracing::debug!(appid = self.packer.appid, event = seq.0, %reason, "a push was not accepted");
                if state == DeliveryState::DeadLettered {
                    tracing::warn!(appid = self.packer.appid, event = seq.0, %reason, "an event is parked");
                }
            }
        }
        self.attempt_no = self.attempt_no.wrapping_add(1);
        let attempt = attempt(seq, at, self.attempt_no, sent, verdict);
        self.state.push.remember(self.id(), [attempt.clone()]);
        if self.outbox.has_row(seq) {
            self.attempts.push(attempt);
        }
    }

    fn is_unsaved(&self) -> bool {
        self.outbox.mark() != self.saved_mark || self.outbox.has_changed() || !self.attempts.is_empty()
    }

    async fn save(&mut self) -> Result<()> {
        let next = self.outbox.mark();
        let before = self.between.partition_point(|facts| facts.event.seq < next);
        for facts in self.between.drain(..before) {
            self.settled.tell(&facts);
        }
        let progress = PushProgress {
            next,
            note: self.settled.note(),
            deliveries: self.outbox.take_changed(),
            attempts: std::mem::take(&mut self.attempts),
        };
        let app = self.id();
        blocking(&self.state, move |store| store.save_push(app, &progress)).await?;
        (self.saved_mark, self.saved_at) = (next, Instant::now());
        Ok(())
    }
}

fn attempt(
    seq: EventSeq,
    at: Timestamp,
    no: u32,
    sent: Sent,
    verdict: std::result::Result<(), String>,
) -> Attempt {
    let (status, mut answer) = sent.answer.map_or((0, String::new()), |answer| (answer.status, answer.body));
    let end = (0..=ANSWER_KEPT.min(answer.len())).rev().find(|end| answer.is_char_boundary(*end));
    answer.truncate(end.unwrap_or(0));
    let outcome = verdict.err().unwrap_or_else(|| "accepted".to_owned());
    Attempt { seq, at, no, status, millis: sent.millis, outcome, answer }
}

fn with_facts(
    store: &dyn kaquan_store::Store,
    app: &AppHandle,
    open: Vec<(Delivery, Event)>,
) -> Result<Vec<(Delivery, Facts)>> {
    let mut all = Vec::with_capacity(open.len());
    for page in open.chunks(PAGE) {
        let events = page.iter().map(|(_, event)| event.clone()).collect();
        let rows = page.iter().map(|(row, _)| row.clone());
        all.extend(rows.zip(facts::read(store, app, events)?));
    }
    Ok(all)
}

/// The events before the mark that happened in the second of the last of them, oldest first.
fn last_second(store: &dyn kaquan_store::Store, app: &AppHandle, mark: &PushCursor) -> Result<Vec<Facts>> {
    let (id, mut before) = (app.row.app.id, mark.next);
    let last = EventSeq(mark.next.0 - 1);
    let Some(second) = store.event(id, last)?.map(|event| event.at) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let filter = EventFilter { begin: Some(second), ..EventFilter::default() };
    loop {
        let (page, next) = store.find_events(id, &filter, before, PAGE, PAGE)?;
        let all_of_it = page.len() == PAGE;
        found.extend(facts::read(store, app, page)?);
        match next {
            Some(next) if all_of_it => before = next,
            _ => break,
        }
    }
    found.reverse();
    Ok(found)
}
