//! `/kaquan/v1/card`: native calls on cards.

pub mod update;
