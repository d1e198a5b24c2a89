//! `/card/sms`: cards in text messages.

pub mod geturl;
