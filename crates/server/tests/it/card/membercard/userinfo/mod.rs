//! `/card/membercard/userinfo`: the data of a member.

mod get;
