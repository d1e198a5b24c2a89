//! `/card`: cards, their codes, their holders and members.

pub mod announcement;
pub mod batchget;
pub mod boardingpass;
pub mod code;
pub mod create;
pub mod delete;
pub mod generalcard;
pub mod get;
pub mod getapplyprotocol;
pub mod getcolors;
pub mod landingpage;
pub mod meetingticket;
pub mod membercard;
pub mod modifystock;
pub mod movieticket;
pub mod mpnews;
pub mod paycell;
pub mod paygiftcard;
pub mod paygiftmembercard;
pub mod qrcode;
pub mod selfconsumecell;
pub mod submerchant;
pub mod testwhitelist;
pub mod update;
pub mod user;
