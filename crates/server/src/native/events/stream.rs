//! `GET /kaquan/v1/events/stream`: sends the app's events when they happen, as server-sent events. The number of an
//! event is also its id, so that a client can resume after a disconnect.

use crate::auth::apps::AppHandle;
use crate::http::{Answer, Call};
use crate::push::event_query;
use crate::push::fanout::{Line, PAGE, StreamSlot};
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
use tokio::sync::broadcast::error::RecvError;

/// The interval of keep-alive lines. Without them, proxies close an idle connection.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// `?last_id=` or the header `Last-Event-ID` is the number of the last event that the client has. Without it the
/// stream begins with the next event. `?kind=` selects kinds, separated by commas.
///
/// # Errors
///
/// 40097 for an unknown kind, or a `last_id` that is not the number of an event; 45009 if the app has too many
/// streams.
pub async fn handle(call: Call) -> Result<Answer> {
    let kinds = kinds(call.query("kind").unwrap_or_default())?;
    let app = call.app_handle()?;
    let given = call.query("last_id").map(str::to_owned).or_else(|| call.header("last-event-id"));
    let given = given.as_deref().map(after).transpose()?;
    let id = app.row.app.id;
    let slot = call.state.streams.slot(id)?;
    let end = blocking(&call.state, move |store| event_query::end_of_log(store, id)).await?;
    if given.is_some_and(|next| next > end) {
        return Err(Error::field(ErrCode::InvalidArgs, "last_id", "is beyond the last event"));
    }
    let (sender, body) = Channel::<Bytes, Infallible>::new(8);
    let stream = Stream {
        state: call.state.clone(),
        app,
        kinds,
        next: given.unwrap_or(end),
        end,
        sender,
        _slot: slot,
    };
    tokio::spawn(stream.run());
    let (state, token) = (call.state.clone(), call.query("access_token").map(str::to_owned));
    let body = stream_guard::guard(Body::new(body), move || {
        let (state, token) = (state.clone(), token.clone());
        async move { state.tokens.check(token.as_deref()).await.is_ok() }
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
    Ok(EventSeq(number.ok_or_else(wrong)?.saturating_add(1)))
}

struct Stream {
    state: State,
    app: Arc<AppHandle>,
    kinds: Vec<EventKind>,
    next: EventSeq,
    /// The end of the log when the stream began.
    end: EventSeq,
    sender: Sender<Bytes, Infallible>,
    _slot: StreamSlot,
}

impl Stream {
    async fn run(mut self) {
        if let Err(error) = self.follow().await {
            tracing::error!(%error, "event stream failed");
        }
    }

    /// Sends events until the client disconnects or the server stops.
    async fn follow(&mut self) -> Result<()> {
        let mut feed = self.state.streams.subscribe(&self.app, self.end);
        let mut stopped = self.state.stopped.clone();
        // The first line is sent at once, so that the client knows that it is connected.
        let mut text = ": kaquan\n\n".to_owned();
        // The stream reads the log up to its end, and then subscribes to the feed.
        let mut behind = true;
        while !*stopped.borrow() {
            if behind {
                let lines = self.state.streams.catch_up(&self.app, self.next).await?;
                behind = lines.len() == PAGE;
                self.add(&lines, &mut text);
            }
            if !text.is_empty()
                && self.sender.send_data(Bytes::from(std::mem::take(&mut text))).await.is_err()
            {
                return Ok(());
            }
            if behind {
                continue;
            }
            tokio::select! {
                heard = feed.recv() => match heard {
                    // Events are missing between the stream and the feed, so the log is read again.
                    Ok(lines) if lines.first().is_some_and(|line| line.seq > self.next) => behind = true,
                    Ok(lines) => self.add(&lines, &mut text),
                    Err(RecvError::Lagged(_)) => behind = true,
                    Err(RecvError::Closed) => return Ok(()),
                },
                _ = tokio::time::sleep(ALIVE_EVERY) => text.push_str(": alive\n\n"),
                _ = stopped.changed() => {}
            }
        }
        Ok(())
    }

    /// Adds the events that the stream does not have yet.
    fn add(&mut self, lines: &[Line], text: &mut String) {
        for line in lines.iter().filter(|line| line.seq >= self.next) {
            if self.kinds.is_empty() || self.kinds.contains(&line.kind) {
                text.push_str(&line.text);
            }
        }
        if let Some(last) = lines.last() {
            self.next = self.next.max(EventSeq(last.seq.0 + 1));
        }
    }
}
