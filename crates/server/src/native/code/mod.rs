//! `/kaquan/v1/code`: native calls on codes.

pub mod import;
pub mod r#return;
