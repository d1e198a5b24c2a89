//! `/cgi-bin/media`: uploads.

pub mod uploadimg;
