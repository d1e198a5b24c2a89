//! Event push (卡券事件推送): sends events to the merchant's receiver. Push reads the event log with a cursor for each app.
//! So it sends every committed event, and no others. WeChat manual: "卡券事件推送" (card events), "接入指南" (verifying a
//! receiver), "消息加解密说明" (encryption).

mod address;
pub mod client;
mod create_time;
pub mod crypt;
pub mod event_payload;
pub mod event_query;
pub mod event_view;
pub(crate) mod fanout;
pub mod json;
pub mod outbox;
mod runner;
mod schedule;
pub mod search;
pub mod settings;
pub(crate) mod supervisor;
pub mod verify;
pub mod webhook_request;
pub(crate) mod xml;

use client::Client;
use kaquan_core::id::AppId;
use kaquan_store::Attempt;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Attempts in memory for each app, for events without rows.
const RECENT_MAX: usize = 1000;

/// The parts of push that the rest of the server uses.
#[derive(Debug)]
pub struct Push {
    /// Sends requests, to permitted addresses only.
    pub client: Client,
    recent: Mutex<HashMap<AppId, VecDeque<Attempt>>>,
    wakes: watch::Sender<u64>,
}

impl Push {
    /// Creates push with this client. No attempts are in memory yet.
    pub fn new(client: Client) -> Push {
        Push { client, recent: Mutex::default(), wakes: watch::Sender::new(0) }
    }

    /// Wakes every reader. Needed after the settings or a test's clock changed.
    pub fn wake(&self) {
        self.wakes.send_modify(|count| *count += 1);
    }

    /// A receiver that changes with every wake.
    pub(crate) fn wakes(&self) -> watch::Receiver<u64> {
        self.wakes.subscribe()
    }

    /// Adds attempts to those in memory, which are the last thousand of each app.
    pub(crate) fn remember(&self, app: AppId, attempts: impl IntoIterator<Item = Attempt>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = recent.entry(app).or_default();
        recent.extend(attempts);
        recent.drain(..recent.len().saturating_sub(RECENT_MAX));
    }

    /// The attempts of an app that are in memory, oldest first.
    pub fn recent(&self, app: AppId) -> Vec<Attempt> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.get(&app).into_iter().flatten().cloned().collect()
    }
}
