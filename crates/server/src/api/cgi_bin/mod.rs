//! `/cgi-bin`: tokens and tickets.

pub mod getticket;
pub mod poi;
pub mod showqrcode;
pub mod stable_token;
pub mod token;
