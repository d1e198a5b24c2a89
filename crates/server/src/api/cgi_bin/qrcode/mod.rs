//! `/cgi-bin/qrcode`: QR codes for cards, on the path that WeChat uses for QR codes of an account.

pub mod create;
