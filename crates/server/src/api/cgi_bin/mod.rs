//! `/cgi-bin`: tokens, tickets, media, stores and QR codes.

pub mod clear_quota;
pub mod getcallbackip;
pub mod getticket;
pub mod media;
pub mod poi;
pub mod qrcode;
pub mod showqrcode;
pub mod stable_token;
pub mod token;
