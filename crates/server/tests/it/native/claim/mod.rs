//! kaquan's own calls about claims.

mod get;
