//! kaquan's own calls, which WeChat never had: review, events, closing days, and a yardstick for benchmarks. A file is
//! named after its path, with `_` for `/`.

pub mod callback_delete;
pub mod callback_get;
pub mod callback_set;
pub mod callback_test;
pub mod card_update_preview;
pub mod claim_get;
pub mod code_import;
pub mod code_return;
pub mod echo;
pub mod events_get;
pub mod events_list;
pub mod events_resend;
pub mod events_stream;
pub mod review;
pub mod sign_check;
pub mod stats_close;
pub mod submerchant_review;
