//! `/console/{appid}/codes`: codes and their holders. Pages find a code, show its history, and offer its actions.

pub mod actions;
pub mod code;
pub mod history;
pub mod search;
