//! `/wallet/v1`: what holders do. On a phone these were WeChat's own screens; here the merchant's server calls them.

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
