//! `/wallet/v1/activate`: the form of a member card, as a page shows it and hands it in.

mod form;
mod submit;
