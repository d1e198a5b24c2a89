//! Finds out whether a silent connection still works: it asks the server over another connection which sessions it
//! works on. It also records the sessions that were given up, so that the server ends them.

use super::address::{Address, Link};
use super::limits;
use crate::error::{Result, StoreError};
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio_postgres::SimpleQueryMessage;

/// Identifies a session of a server. The process number is not enough: it can be used again, also by another server.
macro_rules! session_key {
    () => {
        "pid || ' ' || coalesce(extract(epoch FROM backend_start)::text, '')"
    };
}

/// The sessions of this role on which the server works. A server that waits for the client has sent something that did
/// not arrive. A state that cannot be seen counts as work. On Citus a session that waits for another machine looks as
/// if it waits for the client.
pub(super) const WORKING: &str = concat!(
    "SELECT ",
    session_key!(),
    " FROM pg_stat_activity WHERE usename = session_user AND (state IN ('active', 'fastpath function call') \
     AND (wait_event_type IS DISTINCT FROM 'Client' OR wait_event = 'ClientRead' \
     AND EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')) OR state = 'disabled' OR state IS NULL)"
);

/// The session of the connection that asks.
pub(super) const OWN_SESSION: &str =
    concat!("SELECT ", session_key!(), " FROM pg_stat_activity WHERE pid = pg_backend_pid()");

/// The largest number of sessions that this process asks the server to end. The server ends others by its own
/// timeouts.
const GIVEN_UP_MAX: usize = 64;

/// The server's reply: the sessions on which it works.
#[derive(Debug, Clone)]
enum ServerReply {
    Working(HashSet<String>),
    /// The server replied that it has no connection left.
    NoFreeConnection,
    /// No server replied.
    NoReply,
}

/// Checks silent connections of this process, and knows which ones were given up.
#[derive(Debug, Default)]
pub(super) struct SilenceCheck {
    /// The last reply. Only one request runs at a time, so that many of them do not burden a server in trouble.
    last: tokio::sync::Mutex<Option<(Instant, ServerReply)>>,
    known: Mutex<SilenceState>,
}

#[derive(Debug, Default)]
struct SilenceState {
    /// When a connection was last found silent.
    silent_at: Option<Instant>,
    given_up: Vec<String>,
}

impl SilenceCheck {
    /// Whether a server works on a statement of this session.
    pub async fn is_working(&self, address: &Address, session: &str) -> bool {
        let mut last = self.last.lock().await;
        let working = match &*last {
            Some((at, working)) if at.elapsed() < limits::ASKED_VALID_FOR => working,
            _ => {
                // The reply counts from its arrival, so that waiting connections do not ask again.
                let working = ask(address).await;
                &last.insert((Instant::now(), working)).1
            }
        };
        match working {
            ServerReply::Working(sessions) => sessions.contains(session),
            ServerReply::NoFreeConnection => true,
            ServerReply::NoReply => false,
        }
    }

    /// Records that a connection was found silent, with its session if that is known. Connections that were not used
    /// since then are no longer used.
    pub fn found_silent(&self, session: &str) {
        let mut known = self.known();
        known.silent_at = Some(Instant::now());
        if !session.is_empty() && known.given_up.len() < GIVEN_UP_MAX {
            known.given_up.push(session.to_owned());
        }
    }

    /// Whether a connection was found silent after this moment.
    pub fn was_silent_since(&self, heard: Instant) -> bool {
        self.known().silent_at.is_some_and(|at| at > heard)
    }

    /// Ends the sessions that were given up, if there are any: `end` sends the statement. Otherwise a session whose
    /// client is gone would keep its leases and its place. A session on which the server works is left alone. After a
    /// failure, the next connection tries again.
    pub fn end_given_up(&self, end: impl FnOnce(&str) -> bool) {
        let given_up = std::mem::take(&mut self.known().given_up);
        if given_up.is_empty() {
            return;
        }
        let list: Vec<String> = given_up.iter().map(|session| format!("'{session}'")).collect();
        let statement = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = session_user \
             AND (state <> 'active' OR wait_event_type = 'Client') AND {} IN ({})",
            session_key!(),
            list.join(", ")
        );
        if !end(&statement) {
            let mut known = self.known();
            known.given_up.extend(given_up);
            known.given_up.truncate(GIVEN_UP_MAX);
        }
    }

    fn known(&self) -> MutexGuard<'_, SilenceState> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask(address: &Address) -> ServerReply {
    // Only one attempt: a server that does not reply now counts as gone.
    let asked = address.connect(Instant::now(), working);
    match tokio::time::timeout(limits::ASK, asked).await {
        Ok(Ok(sessions)) => ServerReply::Working(sessions),
        Ok(Err(StoreError::TooManyConnections(_))) => ServerReply::NoFreeConnection,
        Ok(Err(_)) | Err(_) => ServerReply::NoReply,
    }
}

async fn working(link: Link) -> Result<HashSet<String>> {
    let Link { client, mut messages, .. } = link;
    let reply = super::connect::drive(&mut messages, client.simple_query(WORKING)).await?;
    let session = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    Ok(reply.iter().filter_map(session).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_that_were_given_up_are_ended_by_the_first_try_that_works() {
        let (silence, mut tries) = (SilenceCheck::default(), Vec::new());
        silence.found_silent("7 1.5");
        for works in [false, true, true] {
            silence.end_given_up(|statement| {
                assert!(statement.contains("IN ('7 1.5')"), "{statement}");
                tries.push(works);
                works
            });
        }
        assert_eq!(tries, [false, true]);
    }
}
