//! `/kaquan/v1`: what WeChat never had a call for.

mod card;
mod echo;
mod review;
mod stats;
