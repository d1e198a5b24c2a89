//! Delivers the events of one app. It reads the log from the app's cursor, adds events to the outbox, sends the
//! events that the outbox returns, and saves the cursor. Deliveries that were not saved when the process died are
//! sent once more.

use super::client::SendOutcome;
use super::create_time::CreateTimes;
use super::event_payload::{self, EventPayload};
use super::event_query;
use super::outbox::{Item, Outbox};
use super::verify::verdict;
use super::webhook_request::RequestBuilder;
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

/// The pause between two saves of the cursor and the rows. After a crash, deliveries since the last save are repeated.
const SAVE_EVERY: Duration = Duration::from_millis(200);
/// The longest pause before the clock is read again while an event is due later.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the reader waits after an error of the store.
const PAUSE: Duration = Duration::from_secs(1);
/// Events in one read of the log.
const PAGE: usize = 256;
/// Bytes of a response that are stored with an attempt.
const RESPONSE_KEPT: usize = 512;

/// Signals from the supervisor to a reader.
#[derive(Debug, Clone)]
pub(super) struct Signals {
    /// True if the reader must stop.
    pub stopped: watch::Receiver<bool>,
    /// The revision of the app's rows; see [`PushCursor::revision`].
    pub revision: watch::Receiver<i64>,
}

/// Delivers until the signal to stop.
pub(super) async fn run(state: State, app: Arc<AppHandle>, callback: Callback, mut signals: Signals) {
    let builder = RequestBuilder { callback, appid: app.row.appid.clone() };
    while !*signals.stopped.borrow() {
        let outcome = match Runner::open(&state, &app, &builder).await {
            Ok(Some(mut runner)) => runner.deliver(&mut signals).await,
            // The callback was removed meanwhile.
            Ok(None) => return,
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            tracing::error!(appid = builder.appid, %error, "event delivery failed; retrying");
            tokio::select! {
                _ = tokio::time::sleep(PAUSE) => {}
                _ = signals.stopped.changed() => {}
            }
        }
    }
}

/// A completed delivery attempt.
struct Completion {
    seq: EventSeq,
    at: Timestamp,
    sent: SendOutcome,
}

struct Runner {
    state: State,
    app: Arc<AppHandle>,
    builder: Arc<RequestBuilder>,
    outbox: Outbox<Arc<EventPayload>>,
    /// The dedup window after the last event read.
    create_times: CreateTimes,
    /// The dedup window at the cursor. It is saved together with the cursor.
    saved_times: CreateTimes,
    /// Events that were read and are not before the cursor yet.
    after_cursor: VecDeque<Arc<EventPayload>>,
    in_flight: JoinSet<Result<Completion>>,
    attempts: Vec<Attempt>,
    attempt_no: u32,
    saved_cursor: EventSeq,
    saved_at: Instant,
}

impl Runner {
    async fn open(state: &State, app: &Arc<AppHandle>, builder: &RequestBuilder) -> Result<Option<Runner>> {
        let handle = app.clone();
        let read = blocking(state, move |store| -> Result<_> {
            let id = handle.row.app.id;
            let Some(mut cursor) = store.push_cursor(id)? else { return Ok(None) };
            let end = event_query::end_of_log(store, id)?;
            if cursor.next > end {
                tracing::error!(
                    appid = handle.row.appid,
                    from = cursor.next.0,
                    to = end.0,
                    "the database lost events that were pushed; event push goes on from the end of the log"
                );
                cursor.next = end;
            }
            let open = with_payloads(store, &handle, store.open_deliveries(id, cursor.next)?)?;
            let last_second = last_second(store, &handle, &cursor)?;
            Ok(Some((cursor, open, last_second)))
        });
        let Some((cursor, open, last_second)) = read.await? else { return Ok(None) };
        let mut saved_times = CreateTimes::from_text(&cursor.note);
        last_second.iter().for_each(|payload| saved_times.restore(payload));
        let finished =
            open.iter().filter(|(row, _)| row.state != DeliveryState::Pending).map(|(row, _)| row.seq);
        let mut runner = Runner {
            state: state.clone(),
            app: app.clone(),
            outbox: Outbox::new(builder.callback.policy, cursor.next, finished),
            builder: Arc::new(builder.clone()),
            create_times: saved_times.clone(),
            saved_times,
            after_cursor: VecDeque::new(),
            in_flight: JoinSet::new(),
            attempts: Vec::new(),
            attempt_no: 0,
            saved_cursor: cursor.next,
            saved_at: Instant::now(),
        };
        runner.adopt(open);
        Ok(Some(runner))
    }

    fn id(&self) -> AppId {
        self.app.row.app.id
    }

    fn adopt(&mut self, open: Vec<(Delivery, EventPayload)>) {
        for (row, payload) in open.into_iter().filter(|(row, _)| row.state == DeliveryState::Pending) {
            let event = payload.event.clone();
            self.outbox.adopt(&event, &row, Arc::new(payload));
        }
    }

    async fn deliver(&mut self, signals: &mut Signals) -> Result<()> {
        let mut log = self.state.ledger.follow(self.id());
        let mut wakes = self.state.push.wakes();
        let (mut log_has_more, mut rows_are_new) = (true, false);
        while !*signals.stopped.borrow() {
            if log_has_more && self.outbox.room() > 0 {
                log.mark_unchanged();
                log_has_more = self.take().await?;
            }
            if std::mem::take(&mut rows_are_new) {
                self.adopt_new().await?;
            }
            self.dispatch();
            if self.is_unsaved() && self.saved_at.elapsed() >= SAVE_EVERY {
                self.save().await?;
            }
            if log_has_more && self.outbox.room() > 0 {
                self.complete_all()?;
                continue;
            }
            let pause = self.pause();
            tokio::select! {
                Some(completion) = self.in_flight.join_next() => {
                    self.complete(completion.map_err(|error| Error::internal(format!("a push panicked: {error}")))??);
                    self.complete_all()?;
                }
                changed = log.changed() => match changed {
                    Ok(()) => log_has_more = true,
                    // The log lost events. Unsaved deliveries may be about them.
                    Err(_) => return Ok(()),
                },
                Ok(()) = signals.revision.changed() => rows_are_new = true,
                Ok(()) = wakes.changed() => log_has_more = true,
                _ = tokio::time::sleep(pause) => {}
                Ok(()) = signals.stopped.changed() => {}
            }
        }
        while let Some(completion) = self.in_flight.join_next().await {
            self.complete(completion.map_err(|error| Error::internal(format!("a push panicked: {error}")))??);
        }
        self.save().await
    }

    /// How long the reader may sleep if there is no signal.
    fn pause(&self) -> Duration {
        let now = self.state.clock.now();
        let due = self.outbox.next_due().map(|due| match due.0 - now.0 {
            secs if secs <= 0 && self.in_flight.is_empty() => Duration::ZERO,
            _ => LOOK_EVERY,
        });
        let save = self.is_unsaved().then(|| SAVE_EVERY.saturating_sub(self.saved_at.elapsed()));
        due.into_iter().chain(save).min().unwrap_or(Duration::from_secs(3600))
    }

    /// Reads the next page of the log. Returns whether there may be more.
    async fn take(&mut self) -> Result<bool> {
        let (from, count) = (self.outbox.head(), self.outbox.room().min(PAGE));
        let app = self.app.clone();
        let page = blocking(&self.state, move |store| -> Result<Vec<EventPayload>> {
            let events = store.events(app.row.app.id, from, count)?;
            event_payload::load(store, &app, events)
        })
        .await?;
        let (now, more) = (self.state.clock.now(), page.len() == count);
        for payload in page {
            let payload = Arc::new(payload);
            let seq = payload.event.seq;
            let create_time = self.create_times.next(&payload);
            let wanted = self.builder.pushes(&payload) && !self.outbox.knows(seq);
            let item = wanted.then(|| Item { seq, create_time, payload: payload.clone() });
            self.outbox.take(&payload.event, item, now);
            self.after_cursor.push_back(payload);
        }
        Ok(more)
    }

    /// Adds the events of rows that a resend wrote.
    async fn adopt_new(&mut self) -> Result<()> {
        let (app, from) = (self.app.clone(), self.outbox.head());
        let open = blocking(&self.state, move |store| -> Result<_> {
            with_payloads(store, &app, store.open_deliveries(app.row.app.id, from)?)
        });
        let open = open.await?;
        self.adopt(open);
        Ok(())
    }

    fn dispatch(&mut self) {
        let now = self.state.clock.now();
        while let Some(item) = self.outbox.next(now) {
            let (client, builder) = (self.state.push.client.clone(), self.builder.clone());
            let request = builder.build(&item.payload, item.create_time, now);
            self.in_flight.spawn(async move {
                let sent = client.post(request?).await;
                Ok(Completion { seq: item.seq, at: now, sent })
            });
        }
    }

    fn complete_all(&mut self) -> Result<()> {
        while let Some(completion) = self.in_flight.try_join_next() {
            self.complete(completion.map_err(|error| Error::internal(format!("a push panicked: {error}")))??);
        }
        Ok(())
    }

    fn complete(&mut self, completion: Completion) {
        let Completion { seq, at, sent } = completion;
        let now = self.state.clock.now();
        let verdict = verdict(self.builder.callback.mode, &sent);
        self.state.metrics.push(verdict.is_ok());
        match &verdict {
            Ok(()) => self.outbox.accepted(seq, now),
            Err(reason) => {
                let state = self.outbox.refused(seq, now);
                tracing::debug!(appid = self.builder.appid, event = seq.0, %reason, "push refused");
                if state == DeliveryState::DeadLettered {
                    tracing::warn!(appid = self.builder.appid, event = seq.0, %reason, "event dead-lettered");
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
        self.outbox.cursor() != self.saved_cursor || self.outbox.has_changed() || !self.attempts.is_empty()
    }

    async fn save(&mut self) -> Result<()> {
        let next = self.outbox.cursor();
        let before = self.after_cursor.partition_point(|payload| payload.event.seq < next);
        for payload in self.after_cursor.drain(..before) {
            self.saved_times.next(&payload);
        }
        let progress = PushProgress {
            next,
            note: self.saved_times.to_text(),
            deliveries: self.outbox.take_changed(),
            attempts: std::mem::take(&mut self.attempts),
        };
        let app = self.id();
        blocking(&self.state, move |store| store.save_push(app, &progress)).await?;
        (self.saved_cursor, self.saved_at) = (next, Instant::now());
        Ok(())
    }
}

fn attempt(
    seq: EventSeq,
    at: Timestamp,
    no: u32,
    sent: SendOutcome,
    verdict: std::result::Result<(), String>,
) -> Attempt {
    let (status, mut answer) =
        sent.response.map_or((0, String::new()), |response| (response.status, response.body));
    let end = (0..=RESPONSE_KEPT.min(answer.len())).rev().find(|end| answer.is_char_boundary(*end));
    answer.truncate(end.unwrap_or(0));
    let outcome = verdict.err().unwrap_or_else(|| "accepted".to_owned());
    Attempt { seq, at, no, status, millis: sent.millis, outcome, answer }
}

fn with_payloads(
    store: &dyn kaquan_store::Store,
    app: &AppHandle,
    open: Vec<(Delivery, Event)>,
) -> Result<Vec<(Delivery, EventPayload)>> {
    let mut all = Vec::with_capacity(open.len());
    for page in open.chunks(PAGE) {
        let events = page.iter().map(|(_, event)| event.clone()).collect();
        let rows = page.iter().map(|(row, _)| row.clone());
        all.extend(rows.zip(event_payload::load(store, app, events)?));
    }
    Ok(all)
}

/// The events of the last second before the cursor, oldest first.
fn last_second(
    store: &dyn kaquan_store::Store,
    app: &AppHandle,
    cursor: &PushCursor,
) -> Result<Vec<EventPayload>> {
    let (id, mut before) = (app.row.app.id, cursor.next);
    let last = EventSeq(cursor.next.0 - 1);
    let Some(second) = store.event(id, last)?.map(|event| event.at) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let filter = EventFilter { begin: Some(second), ..EventFilter::default() };
    loop {
        let (page, next) = store.find_events(id, &filter, before, PAGE, PAGE)?;
        let is_full = page.len() == PAGE;
        found.extend(event_payload::load(store, app, page)?);
        match next {
            Some(next) if is_full => before = next,
            _ => break,
        }
    }
    found.reverse();
    Ok(found)
}
