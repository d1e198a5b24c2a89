//! `/card/qrcode`: QR codes that end in a claim.

pub mod create;
pub mod ticket;
