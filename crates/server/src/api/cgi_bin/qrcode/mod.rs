//! `/cgi-bin/qrcode`: QR codes for cards, on the path of the account's own QR codes.

pub mod create;
