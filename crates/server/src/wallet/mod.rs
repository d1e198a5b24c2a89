//! What holders do, called by the merchant's server with its access token: on the phone these were WeChat's own
//! screens, so the API has no calls for them. The answers have the card API's shape.

pub mod activate;
pub mod card_ext;
pub mod choose_card;
pub mod claim;
pub mod delete;
pub mod get;
pub mod gift;
pub mod pages;
pub mod pay;
pub mod pay_gift;
pub mod selfconsume;
pub mod view;
