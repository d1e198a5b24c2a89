//! What tests of several crates need and the product never does: a real PostgreSQL, made out of the installed binaries
//! in a temporary folder, and gone when the test process is.

pub mod cluster;
pub mod schema;

pub use cluster::{Cluster, Options, bin_dir};
pub use schema::{SERVER, Schema, number};
