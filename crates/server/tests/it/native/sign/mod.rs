//! kaquan's own call about signatures.

mod check;
