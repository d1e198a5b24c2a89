//! `/card/user`: one holder.

mod getcardlist;
