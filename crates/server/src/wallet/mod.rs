//! The wallet calls: the actions of holders, called by the merchant's server with its access token. With WeChat these
//! were screens on the phone, so its API has no calls for them. The replies have the form of the card API.

pub mod activate;
pub mod card_ext;
pub mod choose_card;
pub mod claim;
pub mod delete;
pub mod dynamic_code;
pub mod get;
pub mod gift;
pub mod pages;
pub mod pay;
pub mod pay_gift;
pub mod selfconsume;
pub mod view;
