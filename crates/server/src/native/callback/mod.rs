//! `/kaquan/v1/callback`: the URL that receives the events of an app.

pub mod delete;
pub mod get;
pub mod set;
pub mod test;
