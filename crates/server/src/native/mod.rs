//! The native API under `/kaquan/v1`: calls that WeChat does not have, for example for reviews, callbacks, events and
//! imports. Folders and files have the names in the path of the call.

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
