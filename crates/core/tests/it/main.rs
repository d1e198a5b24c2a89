//! Tests of the rules as one state machine: random merchants and holders act in a small world, and an auditor that
//! does not use the rules' code checks each step. The unit tests use the same world.

mod activation;
mod audit;
mod batches;
mod cast;
mod doors;
mod link;
mod random_runs;
mod reports;
mod step;
#[path = "../../src/engine/testing.rs"]
mod testing;
mod texts;
