//! `/kaquan/v1/events`: finding events, seeing their deliveries, and pushing them again.

mod get;
mod list;
mod resend;
mod stream;
