//! `/wallet/v1`: the actions of holders. WeChat has its own screens on the phone for them; here the merchant's server
//! makes these calls.

mod activate;
mod card_ext;
mod choose_card;
mod claim;
mod delete;
mod doors;
mod dynamic_code;
mod get;
mod gift;
pub mod pages;
mod pay;
mod pay_gift;
mod selfconsume;
mod view;
