//! `/card/storewxa`: the card that the mini program of a store offers.

pub mod get;
pub mod set;
