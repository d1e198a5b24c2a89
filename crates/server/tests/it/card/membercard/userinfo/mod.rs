//! `/card/membercard/userinfo`: what is known of a member.

mod get;
