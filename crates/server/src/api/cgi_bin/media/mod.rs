//! `/cgi-bin/media`: uploads.

pub mod get;
pub mod upload;
pub mod uploadimg;
