//! `/card`: cards, their codes, their holders and members.

pub mod batchget;
pub mod code;
pub mod create;
pub mod delete;
pub mod get;
pub mod getcolors;
pub mod membercard;
pub mod modifystock;
pub mod qrcode;
pub mod update;
pub mod user;
