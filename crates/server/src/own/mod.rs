//! kaquan's own calls, which WeChat never had: review, closing days, and a yardstick for benchmarks.

pub mod claim_get;
pub mod close_days;
pub mod code_import;
pub mod code_return;
pub mod echo;
pub mod preview;
pub mod review;
pub mod sign_check;
pub mod submerchant_review;
