//! An app: one Official Account (公众号). It is the tenant of all other rows: every row, query and operation names its
//! app first.

use crate::id::AppId;
use crate::time::Timestamp;

/// Who decides about cards that wait for review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewPolicy {
    /// kaquan approves every card at once.
    Auto,
    /// A reviewer decides about each card.
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

/// The part of an app that the rules use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// kaquan's number of the app.
    pub id: AppId,
    /// How its cards are reviewed.
    pub review: ReviewPolicy,
    /// Seconds until an unaccepted gift ends.
    pub gift_timeout_secs: i64,
    /// Seconds within which a consume can be undone; 0 for never.
    pub return_window_secs: i64,
}

impl App {
    /// An app with this number and review policy. All other settings have their defaults.
    pub fn new(id: AppId, review: ReviewPolicy) -> App {
        App { id, review, gift_timeout_secs: GIFT_TIMEOUT_SECS, return_window_secs: RETURN_WINDOW_SECS }
    }
}

/// The default of `gift_timeout_secs`.
pub const GIFT_TIMEOUT_SECS: i64 = 24 * 3600;
/// The default of `return_window_secs`.
pub const RETURN_WINDOW_SECS: i64 = 600;
/// The longest `return_window_secs`: 31 days. The expiry sweep keeps consumed codes in its range for this time.
pub const RETURN_WINDOW_MAX_SECS: i64 = 31 * 24 * 3600;

/// The next numbers of an app's cards, codes and events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// The number of the next card.
    pub card_no: i64,
    /// The number of the next code.
    pub code_seq: i64,
    /// The number of the next event.
    pub event_seq: i64,
    /// The latest time of any operation so far. Within an app, time never goes back.
    pub latest: Timestamp,
}
