//! `/card/qrcode`: pictures that end in a claim.

mod create;
