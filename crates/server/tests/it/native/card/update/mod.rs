//! What belongs to `card/update` and WeChat never had.

mod preview;
