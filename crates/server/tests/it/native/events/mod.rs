//! `/kaquan/v1/events`: finding events, seeing what became of them, and sending them again.

mod get;
mod list;
mod resend;
mod stream;
