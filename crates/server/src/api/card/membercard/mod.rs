//! `/card/membercard`: members.

pub mod activate;
pub mod activatetempinfo;
pub mod activateuserform;
pub mod updateuser;
pub mod userinfo;
