//! The wallet calls: the actions of holders. The merchant's server makes these calls with its access token. WeChat
//! has screens on the phone instead, so its API has no such calls. The replies have the form of the card API.

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
