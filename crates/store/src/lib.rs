//! The store of kaquan's rows. It loads rows into a working set and commits the changes of a batch; the rules are
//! outside of this crate. Two engines have the same contract, and the same tests check both.
//!
//! An engine implements [`Store`] and [`Writer`] for batches, and a small trait to run SQL. All other functions of a
//! store are written once, as methods of `dyn Store`.

// `row` comes first, because the other modules use its macros.
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
pub use cards::{CardFilter, CardHead};
pub use console::attempts::{AttemptLimit, Attempts};
pub use console::{Account, AccountId, Grant, KNOWN_BROWSERS_MAX, KnownBrowser, LoginLink, Role, Session};
pub use copy::{Cell, Kind, Sums, Table, Tables, copy, prepare_copy};
pub use error::{Result, StoreError};
pub use failures::{FailureKind, Failures};
pub use log::{EventDay, EventFilter};
pub use media::{Media, MediaDigest, MediaKind};
pub use nodes::{Lease, LogChange, LogChanged, Month, NodeJob, Nodes};
pub use postgres::{DEFAULT_READERS, DEFAULT_WRITERS, PostgresStore, citus_statements};
pub use push::{Attempt, Callback, Delivery, DeliveryState, PushCursor, PushMode, PushPolicy, PushProgress};
pub use reports::SweepState;
pub use row::Row;
pub use sql::{Arg, Column, Database, Scope, Sql, Statement};
pub use sqlite::{
    BackupContent, Durability, FILLING, Options, RestoreReport, SqliteStore, backup, make_private, restore,
};
pub use store::{DeclareReads, Store, Writer};
pub use unfinished::Filling;
