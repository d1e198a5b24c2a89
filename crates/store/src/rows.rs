//! Rows that belong to no rule: apps with their keys, access tokens, pictures, the days of the log, and the sweep's
//! marks.

use kaquan_core::app::{App, Counters, ReviewPolicy};
use kaquan_core::event::EventKind;
use kaquan_core::id::{CardNo, CodeSeq, EventSeq};
use kaquan_core::time::{Day, Timestamp};

/// An app as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRow {
    /// What the rules know of it.
    pub app: App,
    /// Its name on the wire: `wx` and 16 hexadecimal digits.
    pub appid: String,
    /// Its name for people.
    pub name: String,
    /// SHA-256 of its secret.
    pub secret_digest: [u8; 32],
    /// Key of the permutation that makes its codes.
    pub code_key: [u8; 32],
    /// Key its access tokens are signed with.
    pub token_key: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
}

/// The numbers a new app gives out first.
pub(crate) const FIRST_NUMBERS: Counters =
    Counters { card_no: 1, code_seq: 1, event_seq: 1, latest: Timestamp(0) };

/// An app to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApp {
    /// Its name on the wire.
    pub appid: String,
    /// Its name for people.
    pub name: String,
    /// Who reviews its cards.
    pub review: ReviewPolicy,
    /// SHA-256 of its secret.
    pub secret_digest: [u8; 32],
    /// Key of the permutation that makes its codes.
    pub code_key: [u8; 32],
    /// Key its access tokens are signed with.
    pub token_key: [u8; 32],
    /// When it is made.
    pub created_at: Timestamp,
}

/// The two families of access tokens, which do not affect each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// From `cgi-bin/token`.
    Plain,
    /// From `cgi-bin/stable_token`.
    Stable,
}

impl TokenKind {
    /// The number in stored rows and inside tokens.
    pub const fn code(self) -> u8 {
        match self {
            TokenKind::Plain => 1,
            TokenKind::Stable => 2,
        }
    }

    /// The kind with this number.
    pub const fn from_code(code: u8) -> Option<TokenKind> {
        match code {
            1 => Some(TokenKind::Plain),
            2 => Some(TokenKind::Stable),
            _ => None,
        }
    }
}

/// An access token that was given out. Its text is not stored: it follows from these numbers and the app's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRow {
    /// Number within app and kind.
    pub serial: i64,
    /// When it was given out.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When a newer one takes its place for good; `None` while it is the newest.
    pub retired_at: Option<Timestamp>,
}

/// What an uploaded picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl MediaKind {
    /// The number in stored rows.
    pub const fn code(self) -> u8 {
        match self {
            MediaKind::Jpeg => 1,
            MediaKind::Png => 2,
        }
    }

    /// The kind with this number.
    pub const fn from_code(code: u8) -> Option<MediaKind> {
        match code {
            1 => Some(MediaKind::Jpeg),
            2 => Some(MediaKind::Png),
            _ => None,
        }
    }
}

/// What an uploaded picture is found by: the beginning of the SHA-256 of its bytes.
pub type MediaDigest = [u8; 16];

/// An uploaded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// The file.
    pub bytes: Vec<u8>,
    /// When it came.
    pub created_at: Timestamp,
}

/// Where a day's events stand in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventDay {
    /// The day.
    pub day: Day,
    /// Its first event.
    pub first: EventSeq,
    /// Its last event. Events of other days may stand between.
    pub last: EventSeq,
    /// How many it has.
    pub events: u64,
}

/// An event as the closing of a day sees it, borrowed from the store's buffer.
#[derive(Debug, Clone, Copy)]
pub struct ScannedEvent<'a> {
    /// Number of the event.
    pub seq: EventSeq,
    /// What happened.
    pub kind: EventKind,
    /// The card.
    pub card: CardNo,
    /// The code, if it is about one.
    pub code: Option<CodeSeq>,
    /// The other code of a gift.
    pub other_code: Option<CodeSeq>,
    /// The holder; empty for events of the merchant.
    pub openid: &'a str,
    /// The other holder of a gift; empty for all else.
    pub friend: &'a str,
    /// First number of the event.
    pub amount: i64,
    /// Second number of the event.
    pub amount2: i64,
}

/// How far the expiry sweep of a card has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepState {
    /// Codes before this one can never expire any more.
    pub settled: CodeSeq,
    /// The moment up to which all expiries of the card are in the log.
    pub swept_through: Timestamp,
}
