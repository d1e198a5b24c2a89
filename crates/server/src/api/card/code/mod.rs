//! `/card/code`: one issued code.

pub mod checkcode;
pub mod consume;
pub mod decrypt;
pub mod deposit;
pub mod get;
pub mod getdepositcount;
pub mod mark;
pub mod unavailable;
pub mod update;
