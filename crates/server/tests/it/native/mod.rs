//! `/kaquan/v1`: the calls that WeChat does not have.

mod callback;
mod card;
mod claim;
mod code;
mod echo;
mod events;
mod review;
mod sign;
mod stats;
mod submerchant;
mod upstream;
