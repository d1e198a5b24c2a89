//! WeChat's card API, a file per path.

pub mod card;
pub mod cgi_bin;
pub mod datacube;
