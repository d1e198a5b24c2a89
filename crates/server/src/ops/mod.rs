//! Health, readiness, metrics and version, for operators.

pub mod health;
pub mod metrics;
pub mod readiness;
