//! The rules of kaquan as one state machine: random merchants and holders work on a small world, and an auditor that
//! knows nothing of the rules' code looks over their shoulder. The world itself is shared with the unit tests.

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
