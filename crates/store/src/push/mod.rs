//! The rows of event push: the callback of each app, the cursor of the reader of its log, and deliveries that failed
//! at the first try. All other deliveries can be derived from the log and the cursor.

pub(crate) mod callbacks;
pub(crate) mod deliveries;

use kaquan_core::id::{AppId, EventSeq};
use kaquan_core::stored_enum;
use kaquan_core::time::Timestamp;

stored_enum! {
    /// The format of a webhook request and its signature.
    pub enum PushMode, name from_name {
        /// WeChat's XML in clear (明文模式).
        Plain = 1, "plain";
        /// WeChat's XML, both in clear and encrypted in the same message (兼容模式).
        Compatible = 2, "compatible";
        /// WeChat's XML encrypted (安全模式).
        Safe = 3, "safe";
        /// JSON, signed in the form of Standard Webhooks.
        Json = 4, "json";
    }
}

stored_enum! {
    /// How often a push that failed is tried again.
    pub enum PushPolicy, name from_name {
        /// Three tries, like WeChat.
        Wechat = 1, "wechat";
        /// Tries over a day, with growing pauses.
        Durable = 2, "durable";
    }
}

stored_enum! {
    /// The state of a delivery that has a row.
    pub enum DeliveryState, name from_name {
        /// The delivery will be tried again.
        Pending = 1, "pending";
        /// The delivery is tried again only on request. On the wire this state is called `parked`.
        DeadLettered = 2, "parked";
        /// The receiver accepted the event.
        Delivered = 3, "delivered";
    }
}

/// Where and how an app's events are pushed.
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    pub app: AppId,
    pub url: String,
    /// The token for `signature`; empty for JSON.
    pub token: String,
    /// The EncodingAESKey, 43 characters; empty without encryption.
    pub aes_key: String,
    pub mode: PushMode,
    /// The key for the signature of JSON; empty for the other modes.
    pub secret: Vec<u8>,
    pub policy: PushPolicy,
    /// `ToUserName`: the original id of the account (原始ID, `gh_…`).
    pub original_id: String,
    /// When the callback was set.
    pub changed_at: Timestamp,
}

// Not derived, so that no secret gets into a log.
impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callback").field("app", &self.app).field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// The progress of the reader of an app's log. A row of the table `push_marks`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushCursor {
    /// The first event to be pushed: before it, the app had no callback.
    pub since: EventSeq,
    /// The first event that is neither delivered nor in `deliveries`.
    pub next: EventSeq,
    /// The reader's state, as text in its own format.
    pub note: String,
    /// Changes when the app's callback or deliveries are changed, but not by the reader.
    pub revision: i64,
}

/// The row of an event that was not delivered at the first try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event.
    pub seq: EventSeq,
    pub state: DeliveryState,
    /// Tries since the delivery became pending.
    pub tries: u32,
    /// The time of the next try of a pending delivery.
    pub due_at: Timestamp,
    /// `CreateTime` of the message.
    pub create_time: Timestamp,
    /// When this row was last written.
    pub changed_at: Timestamp,
}

/// One try to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The event.
    pub seq: EventSeq,
    pub at: Timestamp,
    /// The number of the attempt among those of the same second.
    pub no: u32,
    /// HTTP status; 0 without a reply.
    pub status: u16,
    /// Milliseconds until the reply was complete or the attempt was given up.
    pub millis: u32,
    /// `accepted`, or the error.
    pub outcome: String,
    /// The beginning of the reply.
    pub answer: String,
}

/// The reader's progress since it was last saved. It is written in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushProgress {
    /// See [`PushCursor::next`].
    pub next: EventSeq,
    /// See [`PushCursor::note`].
    pub note: String,
    pub deliveries: Vec<Delivery>,
    pub attempts: Vec<Attempt>,
}
