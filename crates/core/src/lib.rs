//! The rules of kaquan: what cards, codes and members are, how they change, and what is counted. All of it is
//! synchronous and without side effects: no I/O, no clock, no randomness. The caller loads and stores the rows of a
//! working set. Times and new ids are parameters.

// The test world is written as if it were outside of this crate, so that the integration tests can use it too.
#[cfg(test)]
extern crate self as kaquan_core;

pub mod announcement;
pub mod app;
pub mod card;
pub mod code;
pub mod engine;
pub mod error;
pub mod event;
pub mod general_card;
pub mod id;
pub mod identity;
pub mod member;
pub mod operation;
pub mod pay_gift;
pub mod poi;
pub mod stats;
mod stored_enum;
pub mod sub_merchant;
pub mod text;
pub mod ticket;
pub mod time;
pub mod value;

pub use error::{Detail, ErrCode, Error, Result};
