//! `/card/user`: what a holder has.

pub mod getcardlist;
