//! What operators ask: is it alive, is it ready, how is it doing, what version is it.

pub mod health;
pub mod metrics;
