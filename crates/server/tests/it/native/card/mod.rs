//! kaquan's own calls about cards.

mod update;
