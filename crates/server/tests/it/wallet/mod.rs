//! `/wallet/v1`: what holders do. On a phone these were WeChat's own screens; here the merchant's server calls them.

mod activate;
mod claim;
mod delete;
mod gift;
mod pay;
mod pay_gift;
mod selfconsume;
mod view;
