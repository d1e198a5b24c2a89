//! kaquan-ledger.
