//! `/kaquan/v1/callback`: the address that the events of an app are sent to.

pub mod delete;
pub mod get;
pub mod set;
pub mod test;
