//! kaquan's own calls, which WeChat never had: review, closing days, and a yardstick for benchmarks. A file is
//! named after its path, with `_` for `/`.

pub mod card_update_preview;
pub mod claim_get;
pub mod code_import;
pub mod code_return;
pub mod echo;
pub mod review;
pub mod sign_check;
pub mod stats_close;
pub mod submerchant_review;
