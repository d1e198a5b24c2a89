//! kaquan's own calls about codes.

mod import;
mod r#return;
