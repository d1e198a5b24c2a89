//! The native API under `/kaquan/v1`: calls that WeChat does not have, for example for reviews, callbacks, events and
//! imports. Each file is named after the path of its call.

pub mod callback;
pub mod card;
pub mod claim;
pub mod code;
pub mod echo;
pub mod events;
pub mod review;
pub mod sign;
pub mod stats;
pub mod submerchant;
pub mod upstream;
