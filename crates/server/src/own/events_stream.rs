//! `GET /kaquan/v1/events/stream`: the app's events as they happen, as server-sent events. Each has its number as its id, so
//! that a client that was cut off goes on where it was.

use crate::auth::apps::AppHandle;
use crate::http::{Answer, Call};
use crate::push::facts::{self, Facts};
use crate::push::json;
use crate::state::{State, blocking};
use crate::stream_guard;
use axum::body::Body;
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::event::EventKind;
use kaquan_core::id::EventSeq;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// Events read from the log at once.
const PAGE: usize = 256;
/// A sign of life while nothing happens, so that proxies do not cut the connection.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// `?last_id=` or the header `Last-Event-ID` says which event was seen last; without it the stream begins with the next
/// one. `?kind=` names kinds with commas.
pub async fn handle(call: Call) -> Result<Answer> {
    let kinds = kinds(call.query("kind").unwrap_or_default())?;
    let app = call.app_handle()?;
    let next = match call.query("last_id").map(str::to_owned).or_else(|| call.header("last-event-id")) {
        Some(text) => after(&text)?,
        None => end_of_log(&call.state, &app).await?,
    };
    let (sender, body) = Channel::<Bytes, Infallible>::new(8);
    tokio::spawn(Stream { state: call.state.clone(), app, kinds, next, sender }.run());
    let (state, token) = (call.state.clone(), call.query("access_token").map(str::to_owned));
    let body = stream_guard::guard(Body::new(body), move || {
        let (state, token) = (state.clone(), token.clone());
        async move { state.tokens.check(token.as_deref(), &state).await.is_ok() }
    });
    Ok(Answer::Stream("text/event-stream", body))
}

fn kinds(text: &str) -> Result<Vec<EventKind>> {
    let unknown = |name| Error::field(ErrCode::InvalidArgs, "kind", format!("{name:?} is no kind of event"));
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(|name| EventKind::from_name(name).ok_or_else(|| unknown(name))).collect()
}

fn after(text: &str) -> Result<EventSeq> {
    let number = text.parse::<i64>().ok().filter(|number| *number >= 0);
    let wrong = || Error::field(ErrCode::InvalidArgs, "last_id", "must be the number of an event");
    Ok(EventSeq(number.ok_or_else(wrong)? + 1))
}

async fn end_of_log(state: &State, app: &Arc<AppHandle>) -> Result<EventSeq> {
    let id = app.row.app.id;
    let set = blocking(state, move |store| store.working_set(id)).await?;
    Ok(EventSeq(set.ok_or(ErrCode::InvalidAppid)?.counters.event_seq))
}

struct Stream {
    state: State,
    app: Arc<AppHandle>,
    kinds: Vec<EventKind>,
    next: EventSeq,
    sender: Sender<Bytes, Infallible>,
}

impl Stream {
    async fn run(mut self) {
        if let Err(error) = self.follow().await {
            tracing::error!(%error, "a stream of events broke off");
        }
    }

    /// Ends when the client is gone or the server stops.
    async fn follow(&mut self) -> Result<()> {
        let mut log = self.state.ledger.follow(self.app.row.app.id);
        let mut stopped = self.state.stopped.clone();
        // Something at once, so that a client knows it is connected.
        let mut text = ": kaquan\n\n".to_owned();
        while !*stopped.borrow() {
            log.mark_unchanged();
            let page = self.page().await?;
            text.extend(page.iter().filter(|facts| self.wants(facts)).map(|facts| self.show(facts)));
            if !text.is_empty()
                && self.sender.send_data(Bytes::from(std::mem::take(&mut text))).await.is_err()
            {
                return Ok(());
            }
            if page.len() == PAGE {
                continue;
            }
            tokio::select! {
                changed = log.changed() => if changed.is_err() { return Ok(()) },
                _ = tokio::time::sleep(ALIVE_EVERY) => text.push_str(": alive\n\n"),
                _ = stopped.changed() => {}
            }
        }
        Ok(())
    }

    async fn page(&mut self) -> Result<Vec<Facts>> {
        let (app, next) = (self.app.clone(), self.next);
        let page = blocking(&self.state, move |store| -> Result<Vec<Facts>> {
            let events = store.events(app.row.app.id, next, PAGE)?;
            facts::read(store, &app, events)
        })
        .await?;
        if let Some(last) = page.last() {
            self.next = EventSeq(last.event.seq.0 + 1);
        }
        Ok(page)
    }

    fn wants(&self, facts: &Facts) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&facts.event.kind)
    }

    fn show(&self, facts: &Facts) -> String {
        let (seq, kind) = (facts.event.seq, facts.event.kind.name());
        format!("id: {seq}\nevent: {kind}\ndata: {}\n\n", json::message(facts, &self.app.row.appid))
    }
}
