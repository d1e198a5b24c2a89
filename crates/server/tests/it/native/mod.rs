//! `/kaquan/v1`: what WeChat never had a call for.

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
