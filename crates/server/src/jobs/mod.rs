//! What happens without being asked for.

pub mod closer;
