//! What happens without being asked for.

pub mod closer;
pub mod forget;
