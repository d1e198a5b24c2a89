//! `/kaquan/v1`: what WeChat never had a call for.

mod card;
mod code;
mod echo;
mod review;
mod stats;
mod submerchant;
