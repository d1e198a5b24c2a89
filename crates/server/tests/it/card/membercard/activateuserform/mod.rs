//! `/card/membercard/activateuserform`: the form of a member card.

mod set;
