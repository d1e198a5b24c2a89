//! Pictures that merchants upload: read from the form, decoded and encoded again, stored, and served.

pub mod form;
mod jpeg;
pub mod limits;
pub mod picture;
mod png;
pub mod show;
pub mod temporary;
