//! The wallet: pages for phones, on which holders claim, view, give away and use cards. They replace the screens of
//! WeChat's app.

pub mod activate;
pub mod cards;
pub mod claim;
pub mod code;
pub mod frame;
pub mod gift;
pub mod guest;
pub mod identity;
pub mod landing;
mod notices;
pub mod router;
pub mod stores;
