//! kaquan's HTTP server: WeChat's card API as old clients know it, the holders' own calls, and the jobs that sweep
//! expired codes and close days. Quirks of the wire live in `http` and nowhere else; handlers see checked values.

pub mod api;
pub mod auth;
pub mod console;
mod crowd;
pub mod draw;
mod encoding;
pub mod fair;
pub mod http;
pub mod ip;
pub mod jobs;
mod listen;
pub mod manual;
pub mod media;
mod open_files;
pub mod ops;
pub mod own;
pub mod pages;
pub mod public_url;
pub mod push;
pub mod router;
pub mod serve;
pub mod sheet;
pub mod state;
mod store_access;
mod stream_guard;
pub mod today;
pub mod wallet;
mod write_timeout;

pub use encoding::hex;
pub use ip::IpBlock;
pub use public_url::PublicUrl;
pub use serve::{Running, ServeError, Settings, start, start_with};
pub use state::State;
