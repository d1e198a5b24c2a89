//! An app: one Official Account (公众号) and the tenant everything else belongs to. Every row, every query and every
//! operation names its app first.

use crate::id::AppId;
use crate::time::Timestamp;

/// How cards that wait for review are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewPolicy {
    /// Every card passes in the moment it enters review.
    Auto,
    /// Cards wait for a reviewer's decision.
    Manual,
}

impl ReviewPolicy {
    /// The name in commands and stored rows.
    pub const fn name(self) -> &'static str {
        match self {
            ReviewPolicy::Auto => "auto",
            ReviewPolicy::Manual => "manual",
        }
    }

    /// The policy with this name.
    pub fn from_name(name: &str) -> Option<ReviewPolicy> {
        [ReviewPolicy::Auto, ReviewPolicy::Manual].into_iter().find(|policy| policy.name() == name)
    }
}

/// The part of an app that the rules read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// kaquan's number of the app.
    pub id: AppId,
    /// How its cards are reviewed.
    pub review: ReviewPolicy,
    /// Seconds a gift may stay unaccepted.
    pub gift_timeout_secs: i64,
    /// Seconds within which a consume can be undone; 0 for never.
    pub return_window_secs: i64,
}

impl App {
    /// An app with this number and review policy, and defaults for everything else.
    pub fn new(id: AppId, review: ReviewPolicy) -> App {
        App { id, review, gift_timeout_secs: GIFT_TIMEOUT_SECS, return_window_secs: RETURN_WINDOW_SECS }
    }
}

/// Seconds a gift may stay unaccepted unless the app says otherwise.
pub const GIFT_TIMEOUT_SECS: i64 = 24 * 3600;
/// Seconds within which a consume can be undone unless the app says otherwise.
pub const RETURN_WINDOW_SECS: i64 = 600;
/// The longest such time an app may have, 31 days: for so long the expiry sweep keeps an eye on consumed codes.
pub const RETURN_WINDOW_MAX_SECS: i64 = 31 * 24 * 3600;

/// The numbers an app gives out, each the next to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Next card number.
    pub card_no: i64,
    /// Next code number.
    pub code_seq: i64,
    /// Next event number.
    pub event_seq: i64,
    /// The latest moment of any operation so far: time never runs backwards within an app.
    pub latest: Timestamp,
}
