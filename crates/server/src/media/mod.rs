//! Pictures that merchants upload: extracted from the form, decoded and encoded again, stored, and shown.

pub mod form;
mod jpeg;
pub mod limits;
pub mod picture;
mod png;
pub mod show;
