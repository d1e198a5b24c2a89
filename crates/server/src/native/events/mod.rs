//! `/kaquan/v1/events`: the event log of an app and the deliveries of its events.

pub mod get;
pub mod list;
pub mod resend;
pub mod stream;
