//! Tests of the ledger, on real stores and on a store whose commits fail on request. They cover batches, failures,
//! replies, and the closing of days.

mod batching;
mod clock_ahead;
mod closing;
mod fixture;
mod hot_card;
mod sweeping;
