//! Pictures merchants upload: taken out of the form, decoded and written anew, kept in the store, and shown.

pub mod form;
mod jpeg;
pub mod limits;
pub mod picture;
mod png;
pub mod show;
