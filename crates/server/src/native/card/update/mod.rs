//! `/kaquan/v1/card/update`: native calls around an update of a card.

pub mod preview;
