//! `/console/{appid}/settings`: the owner's settings: rules of the app, secret, receiver of events, identity provider,
//! original host, accounts of the console, and the audit log.

pub mod accounts;
pub mod app;
pub mod audit;
pub mod callback;
pub mod identity;
pub mod page;
pub mod upstream;
