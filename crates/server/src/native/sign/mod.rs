//! `/kaquan/v1/sign`: help with signatures.

pub mod check;
