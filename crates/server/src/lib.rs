//! kaquan's HTTP server: WeChat's card API for existing clients, the calls of holders, the pages of console and
//! wallet, event push, and the background jobs. [`start`] runs all of them on a store.
//!
//! Only the module `http` handles the quirks of the wire; handlers get checked values. The list at the end has the
//! items that the commands and the tests use. Everything else is private.

#![warn(missing_docs)]

mod api;
mod auth;
mod card_lists;
mod connection_limit;
mod connections;
mod console;
mod draw;
mod encoding;
mod fair;
mod http;
mod ip;
mod jobs;
mod media;
mod native;
mod open_files;
mod ops;
mod pages;
mod public_url;
mod serve;
mod sheet;
mod state;
mod store_access;
mod stream_guard;
mod today;
mod wallet;
mod write_timeout;

pub mod differences;
pub mod manual;
pub mod push;
pub mod router;

pub use auth::apps::AppHandle;
pub use auth::biz_param::biz;
pub use auth::password::HashCaller;
pub use auth::{encrypt_code, login_link, secret, sign, sign_check, token};
pub use console::cards::{document_mark, form, form_input};
pub use console::router as console_router;
pub use encoding::hex;
pub use fair::WorkKind;
pub use http::body::{BudgetPermit, Caller};
pub use http::call::{Access, Verb};
pub use http::params::Params;
pub use ip::IpBlock;
pub use pages::{Fields, Lang};
pub use public_url::PublicUrl;
pub use serve::{Running, ServeError, Settings, start, start_with};
pub use sheet::{Sheet, plain_cell};
pub use state::State;
pub use wallet::pages::identity::signed_link;
pub use wallet::pages::router as wallet_router;
