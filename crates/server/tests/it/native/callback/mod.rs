//! `/kaquan/v1/callback`: the receiver of events.

mod delete;
mod get;
mod set;
mod test;
