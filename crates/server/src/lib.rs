//! kaquan's HTTP server: WeChat's card API as old clients know it, the holders' own calls, and the jobs that sweep
//! expired codes and close days. Quirks of the wire live in `http` and nowhere else; handlers see checked values.

pub mod api;
pub mod auth;
pub mod console;
mod crowd;
pub mod draw;
pub mod fair;
pub mod http;
pub mod ip;
pub mod jobs;
mod listen;
pub mod live;
pub mod manual;
pub mod media;
pub mod native;
mod open_files;
pub mod ops;
pub mod pages;
pub mod public_url;
pub mod push;
pub mod router;
pub mod serve;
pub mod sheet;
pub mod state;
mod stream_guard;
pub mod wallet;
mod write_timeout;

pub use ip::IpBlock;
pub use public_url::PublicUrl;
pub use serve::{Running, ServeError, Settings, start, start_with};
pub use state::State;
