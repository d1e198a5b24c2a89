//! `/kaquan/v1/upstream`: the original host of an app.

mod delete;
mod get;
mod set;
