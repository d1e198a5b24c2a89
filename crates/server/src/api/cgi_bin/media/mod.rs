//! `/cgi-bin/media`: uploads, and downloads of temporary media.

pub mod get;
pub mod upload;
pub mod uploadimg;
