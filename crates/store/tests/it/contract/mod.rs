//! The contract of every store, as tests that do not depend on the engine.

pub mod apps;
pub mod cards;
pub mod codes;
pub mod commits;
pub mod console;
pub mod copies;
pub mod custom_codes;
pub mod holders;
pub mod log;
pub mod media;
pub mod members;
pub mod push;
pub mod records;
pub mod reports;
pub mod settings;
pub mod upstreams;
