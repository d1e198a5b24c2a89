//! `/card/announcement`: announcements to the holders of member cards.

pub mod send;
pub mod update;
