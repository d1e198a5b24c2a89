//! Background jobs.

pub mod cleanup;
pub mod close_days;
pub mod compare_clock;
