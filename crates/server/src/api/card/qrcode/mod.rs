//! `/card/qrcode`: QR codes that lead to a claim.

pub mod create;
pub mod ticket;
