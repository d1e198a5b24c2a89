//! `/card/qrcode`: QR codes that lead to a claim.

mod create;
