//! `/card`: cards, their codes, their holders and members.

mod batchget;
mod code;
mod create;
mod delete;
mod get;
mod getcolors;
mod membercard;
mod modifystock;
mod qrcode;
mod table;
mod update;
mod user;
