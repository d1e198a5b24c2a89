//! The merchant's console: pages for the people who manage the cards. Each user has an account with a role in one or
//! more apps. Each page has a lowest role that may use it.

pub mod account;
pub mod cards;
pub mod codes;
pub mod data;
mod data_stores;
pub mod event_words;
pub mod events;
pub mod frame;
pub mod home;
pub mod login;
pub mod login_link;
pub mod members;
pub mod overview;
pub mod review;
pub mod router;
pub mod session;
pub mod settings;
pub mod till;
mod till_store;
pub mod visit;

pub use frame::Frame;
pub use visit::Visit;
