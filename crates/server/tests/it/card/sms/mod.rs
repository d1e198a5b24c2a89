//! `/card/sms`: cards in text messages.

mod geturl;
