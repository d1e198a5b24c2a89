//! The ledger: the one way a change gets into a store. Operations that arrive together are loaded, applied and
//! committed together, and replies are sent after the commit. Closing a day, which reads the log and commits
//! expiries, is here too.

pub mod batch;
pub mod clock;
pub mod closing;
mod commit_health;
mod follow;
pub mod ledger;
mod queue;
pub mod stats;
mod writer_thread;

pub use clock::{Clock, SystemClock, TestClock};
pub use ledger::{Ledger, Pending};
pub use stats::LedgerStats;
pub use writer_thread::{WriterThreads, spawn};
