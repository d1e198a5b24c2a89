//! kaquan's own calls about codes.

mod r#return;
