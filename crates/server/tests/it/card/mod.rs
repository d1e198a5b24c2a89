//! `/card`: cards, their codes, their holders and members.

mod announcement;
mod batchget;
mod boardingpass;
mod code;
mod create;
mod delete;
mod generalcard;
mod get;
mod getapplyprotocol;
mod getcolors;
mod landingpage;
mod meetingticket;
mod membercard;
mod modifystock;
mod movieticket;
mod mpnews;
mod paycell;
mod paygiftcard;
mod paygiftmembercard;
mod qrcode;
mod selfconsumecell;
mod submerchant;
mod table;
mod testwhitelist;
mod update;
mod user;
