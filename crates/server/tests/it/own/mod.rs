//! `/kaquan/v1`: what WeChat never had a call for.

mod echo;
mod review;
mod stats;
