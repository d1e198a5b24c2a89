//! `/card/membercard`: members.

pub mod activate;
pub mod updateuser;
pub mod userinfo;
