//! The ledger over real stores and over one whose commits fail on command: what is committed together, what happens when
//! that fails, who is answered when, and what closing days leaves behind.

mod batching;
mod clock_ahead;
mod closing;
mod fixture;
mod hot_card;
mod sweeping;
