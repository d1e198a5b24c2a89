//! WeChat's card API, one file for each path.

pub mod card;
pub mod cgi_bin;
pub mod datacube;
