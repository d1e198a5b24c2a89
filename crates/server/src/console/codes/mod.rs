//! `/console/{appid}/codes`: codes and their holders: finding one, its history, and what a merchant may do with it.

pub mod actions;
pub mod code;
pub mod history;
pub mod search;
