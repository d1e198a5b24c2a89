//! Authentication: apps and their secrets, access tokens, tickets, signatures and passwords.
//! WeChat manual: "获取 Access token" (get an access token), "获取稳定版接口调用凭据" (stable access token).

pub mod aead;
pub mod apps;
pub mod biz_param;
pub mod card_ext_reading;
pub mod encrypt_card_id;
pub mod encrypt_code;
pub mod known_browser;
pub mod login_link;
pub mod native_sign;
pub mod password;
pub mod secret;
pub mod sign;
pub mod sign_check;
pub mod sms_link;
pub mod throttle;
pub mod ticket;
pub mod token;
pub mod token_text;
