//! `/wallet/v1/activate`: the activation form of a member card, for the merchant's page.

pub mod form;
pub mod submit;
