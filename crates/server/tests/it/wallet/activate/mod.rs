//! `/wallet/v1/activate`: shows the activation form of a member card on a page, and submits it.

mod form;
mod submit;
