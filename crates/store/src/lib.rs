//! Where kaquan's rows live. A store loads rows into a working set and commits what a batch changed; every decision is
//! made above it. Two engines keep one contract, and one suite of cases checks both.
//!
//! An engine implements [`Store`] and [`Writer`] for what batches need, and a small trait to run SQL. Whatever else a
//! store offers is written once, as methods of `dyn Store`.

// First, so that the files after it can use its lists of columns.
#[macro_use]
mod row;

mod ahead;
mod apps;
mod card_list;
mod cards;
mod cleanup;
mod console;
mod copy;
mod error;
mod failures;
mod log;
mod media;
mod membership;
mod nodes;
mod postgres;
mod probe;
mod push;
mod reports;
mod sql;
mod sqlite;
mod store;
mod unfinished;

pub use ahead::{AheadRows, ExpiredAhead};
pub use apps::{AppRow, NewApp, TokenKind, TokenRow};
pub use card_list::CardList;
pub use cards::CardHead;
pub use console::attempts::{AttemptLimit, Attempts};
pub use console::{Account, AccountId, Grant, KNOWN_BROWSERS_MAX, KnownBrowser, LoginLink, Role, Session};
pub use copy::{Cell, Kind, Sums, Table, Tables, copy, prepare_copy};
pub use error::{Result, StoreError};
pub use failures::{FailureKind, Failures};
pub use log::{EventDay, EventFilter};
pub use media::{Media, MediaDigest, MediaKind};
pub use nodes::{Lease, LogChange, LogChanged, Month, Nodes, Work};
pub use postgres::{DEFAULT_READERS, DEFAULT_WRITERS, PostgresStore, citus_statements};
pub use push::{Attempt, Callback, Delivery, DeliveryState, PushCursor, PushMode, PushPolicy, PushProgress};
pub use reports::SweepState;
pub use sqlite::{
    BackupContent, Durability, FILLING, Options, RestoreReport, SqliteStore, backup, make_private, restore,
};
pub use store::{DeclareReads, Store, Writer};
pub use unfinished::Filling;
