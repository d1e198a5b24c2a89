//! What event push keeps: where each app's events go, how far its reader of the log has come, and rows for events
//! that did not go through at the first try. Everything else about a delivery follows from the log and that mark.

pub(crate) mod callbacks;
pub(crate) mod deliveries;

use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::stored_enum;
use kaquan_core::time::Timestamp;

stored_enum! {
    /// How an event is written and signed.
    pub enum PushMode, name from_name {
        /// WeChat's XML in clear (明文模式).
        Plain = 1, "plain";
        /// WeChat's XML in clear with its encryption beside it (兼容模式).
        Compatible = 2, "compatible";
        /// WeChat's XML encrypted (安全模式).
        Safe = 3, "safe";
        /// JSON, signed in the form of Standard Webhooks.
        Json = 4, "json";
    }
}

stored_enum! {
    /// How often a push that was not accepted is tried again.
    pub enum PushPolicy, name from_name {
        /// Three tries, as WeChat has it.
        Wechat = 1, "wechat";
        /// Tries over a day, further and further apart.
        Durable = 2, "durable";
    }
}

stored_enum! {
    /// What became of a delivery that has a row.
    pub enum DeliveryState, name from_name {
        /// It will be tried again.
        Pending = 1, "pending";
        /// It will not be tried again unless somebody says so.
        Parked = 2, "parked";
        /// The receiver accepted it.
        Delivered = 3, "delivered";
    }
}

/// Where the events of an app go.
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    /// The app.
    pub app: AppId,
    /// The receiver's address.
    pub url: String,
    /// What `signature` is made with; empty for JSON.
    pub token: String,
    /// EncodingAESKey, 43 characters; empty where nothing is encrypted.
    pub aes_key: String,
    /// How events are written.
    pub mode: PushMode,
    /// What JSON is signed with; empty for the other modes.
    pub secret: Vec<u8>,
    /// How often a push is tried.
    pub policy: PushPolicy,
    /// `ToUserName`: the account's original id (原始ID, `gh_…`).
    pub original_id: String,
    /// When this was set.
    pub changed_at: Timestamp,
}

// By hand, so that no secret ends in a log.
impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callback").field("app", &self.app).field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// How far the reader of an app's log has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushMark {
    /// The first event that is pushed at all: there was no callback before.
    pub since: EventSeq,
    /// The first event that is neither delivered nor has a row.
    pub next: EventSeq,
    /// The reader's note to itself.
    pub told: String,
    /// Grows whenever anybody but the reader changes something here.
    pub revision: i64,
}

/// The row of an event that did not go through at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event.
    pub seq: EventSeq,
    /// What became of it.
    pub state: DeliveryState,
    /// Tries the policy has counted.
    pub tries: u32,
    /// When it is tried next, while pending.
    pub due_at: Timestamp,
    /// `CreateTime` as it is told.
    pub told_at: Timestamp,
    /// When this row was last written.
    pub changed_at: Timestamp,
}

/// One try to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The event.
    pub seq: EventSeq,
    /// When it was made.
    pub at: Timestamp,
    /// Tells attempts of the same second apart.
    pub no: u32,
    /// HTTP status; 0 without an answer.
    pub status: u16,
    /// Milliseconds until the end of the answer, or until it was given up.
    pub millis: u32,
    /// `accepted`, or what was wrong.
    pub outcome: String,
    /// How the answer began.
    pub answer: String,
}

/// What the reader has done since it last said so; written in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushProgress {
    /// See [`PushMark::next`].
    pub next: EventSeq,
    /// See [`PushMark::told`].
    pub told: String,
    /// Rows to write.
    pub deliveries: Vec<Delivery>,
    /// Attempts to add.
    pub attempts: Vec<Attempt>,
}
