//! `/kaquan/v1/upstream`: the original host of an app, to which other calls go than those that kaquan has.

pub mod delete;
pub mod get;
pub mod set;
