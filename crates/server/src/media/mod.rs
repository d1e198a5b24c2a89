//! Files that merchants upload: pictures, which are decoded, encoded again and served, and temporary media.

pub mod form;
mod jpeg;
pub mod limits;
pub mod picture;
mod png;
pub mod show;
pub mod temporary;
