//! Event push (卡券事件推送): what happened reaches the merchant's receiver. It is a reader of the event log with a mark
//! per app: nothing is sent that did not commit, and nothing that did is forgotten.
//! WeChat manual: "卡券事件推送" (card events), "接入指南" (verifying a receiver), "消息加解密说明" (encryption).

pub mod address;
pub mod client;
pub mod crypt;
pub mod facts;
pub mod fanout;
pub mod json;
pub mod outbox;
pub mod parcel;
mod runner;
pub mod schedule;
pub mod search;
pub mod settings;
pub mod show;
pub mod supervisor;
pub mod told;
pub mod verify;
pub mod wanted;
pub mod xml;

use client::Client;
use kaquan_core::id::AppId;
use kaquan_store::Attempt;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Attempts remembered per app beside those of events that have rows.
const RECENT_MAX: usize = 1000;

/// What push shares with the rest of the server.
#[derive(Debug)]
pub struct Push {
    /// Sends requests, and only to where they may go.
    pub client: Client,
    recent: Mutex<HashMap<AppId, VecDeque<Attempt>>>,
    nudges: watch::Sender<u64>,
}

impl Push {
    /// Push through this client.
    pub fn new(client: Client) -> Push {
        Push { client, recent: Mutex::default(), nudges: watch::Sender::new(0) }
    }

    /// Has every reader look at once whether there is something to do: after a change of settings, or of a test's clock.
    pub fn nudge(&self) {
        self.nudges.send_modify(|count| *count += 1);
    }

    /// Changes with every nudge.
    pub(crate) fn nudges(&self) -> watch::Receiver<u64> {
        self.nudges.subscribe()
    }

    /// Remembers attempts; each app's last thousand are kept until the process ends.
    pub(crate) fn remember(&self, app: AppId, attempts: impl IntoIterator<Item = Attempt>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = recent.entry(app).or_default();
        recent.extend(attempts);
        recent.drain(..recent.len().saturating_sub(RECENT_MAX));
    }

    /// The attempts remembered of an app, oldest first.
    pub fn recent(&self, app: AppId) -> Vec<Attempt> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.get(&app).into_iter().flatten().cloned().collect()
    }
}
