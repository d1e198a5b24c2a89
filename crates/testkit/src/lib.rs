//! What tests of several crates need and the product never does: a real PostgreSQL, made out of the installed binaries
//! in a temporary folder, and gone when the test process is; and writers whose commits fail on purpose.

pub mod cluster;
#[cfg(feature = "faulty")]
pub mod faulty;
#[cfg(feature = "sql")]
pub mod schema;

pub use cluster::{Cluster, Options, bin_dir};
#[cfg(feature = "sql")]
pub use schema::{Held, Schema, execute, number};

/// Names the server that tests use, `postgres://…`, instead of one they start themselves; or `none` where the developer's
/// commands found that there can be none, and count what needs it as skipped.
pub const SERVER: &str = "KAQUAN_TEST_POSTGRES";

/// Whether tests are to do without PostgreSQL.
pub fn is_left_out() -> bool {
    std::env::var(SERVER).is_ok_and(|server| server == "none")
}
