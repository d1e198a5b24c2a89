//! `/console/{appid}/codes`: codes and their holders: finding one, its history, and what a merchant may do with it.

pub mod act;
pub mod code;
pub mod find;
pub mod history;
