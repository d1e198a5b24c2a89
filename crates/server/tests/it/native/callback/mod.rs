//! `/kaquan/v1/callback`: where events go.

mod delete;
mod get;
mod set;
mod test;
