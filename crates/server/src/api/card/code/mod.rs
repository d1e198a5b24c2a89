//! `/card/code`: one issued code.

pub mod consume;
pub mod decrypt;
pub mod deposit;
pub mod get;
pub mod unavailable;
pub mod update;
