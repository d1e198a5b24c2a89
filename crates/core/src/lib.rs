//! The rules of kaquan: what cards, codes and members are, what may happen to them, and what is counted. Everything
//! here is synchronous and pure: no I/O, no clock, no randomness. Operations are applied to a working set of rows that
//! the caller loads and stores; time and new names are parameters.

// The tests' world is written as if from outside, so that the integration tests can use it too.
#[cfg(test)]
extern crate self as kaquan_core;

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
