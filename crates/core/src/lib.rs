//! The rules of kaquan: what cards, codes and members are, what may happen to them, and what is counted. Everything
//! here is synchronous and pure: no I/O, no clock, no randomness of its own. Operations are applied to a working set
//! of rows that somebody else loads and stores; time and fresh names are handed in.

pub mod app;
pub mod card;
pub mod code;
pub mod engine;
pub mod error;
pub mod event;
pub mod id;
pub mod member;
pub mod stats;
pub mod time;
pub mod value;

pub use error::{Detail, ErrCode, Error, Result};
