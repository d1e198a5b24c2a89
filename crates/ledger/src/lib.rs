//! The ledger: every change of a store goes through it. It loads, applies and commits waiting operations together,
//! and sends the replies after the commit. Closing a day, which reads the log and commits expiries, is here too.

pub mod batch;
pub mod clock;
pub mod closing;
mod commit_health;
mod follow;
pub mod ledger;
mod queue;
pub mod stats;
mod writer_thread;

pub use clock::{Clock, GuardedClock, SystemClock, TestClock};
pub use ledger::{Ledger, Pending};
pub use queue::Held;
pub use stats::LedgerStats;
pub use writer_thread::{WriterThreads, spawn};
