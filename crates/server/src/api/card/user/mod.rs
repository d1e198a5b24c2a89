//! `/card/user`: the cards of a holder.

pub mod getcardlist;
