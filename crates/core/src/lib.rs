//! kaquan-core.
