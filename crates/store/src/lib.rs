//! kaquan-store.
