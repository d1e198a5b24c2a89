//! `/kaquan/v1/claim`: native calls on claims.

pub mod get;
