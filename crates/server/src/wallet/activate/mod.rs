//! `/wallet/v1/activate`: the form of a member card, as the merchant's page shows it and hands it in.

pub mod form;
pub mod submit;
