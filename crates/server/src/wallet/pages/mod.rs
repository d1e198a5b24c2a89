//! The wallet: pages made for phones, where holders claim, look at, give away and use what on WeChat's phones were
//! screens of WeChat's own.

pub mod activate;
pub mod cards;
pub mod claim;
pub mod code;
pub mod frame;
pub mod gift;
pub mod guest;
pub mod identity;
pub mod landing;
pub mod router;
pub mod stores;
