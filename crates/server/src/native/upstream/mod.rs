//! `/kaquan/v1/upstream`: the original host of an app. Calls that kaquan does not have go there.

pub mod delete;
pub mod get;
pub mod set;
