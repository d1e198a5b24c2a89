//! What tests of several crates need and the product never does: a real PostgreSQL, made out of the installed binaries
//! in a temporary folder, and gone when the test process is; and writers whose commits fail on purpose.

#[cfg(feature = "sql")]
mod citus;
pub mod cluster;
#[cfg(feature = "faulty")]
pub mod faulty;
#[cfg(feature = "sql")]
pub mod schema;

pub use cluster::{Cluster, Options, bin_dir};
#[cfg(feature = "sql")]
pub use schema::{Schema, number};

/// Names the server that tests use, `postgres://…`, instead of one they start themselves; or `none` where the developer's
/// commands found that there can be none, and count what needs it as skipped.
pub const SERVER: &str = "KAQUAN_TEST_POSTGRES";

/// Names the coordinator of Citus, `postgres://…`, for the suites on Citus. Its role may make tables on every machine.
pub const COORDINATOR: &str = "KAQUAN_TEST_CITUS";

/// Names the store that a suite runs on: `sqlite`, `postgres` or `citus`.
pub const STORE: &str = "KAQUAN_TEST_STORE";

/// Whether schemas are made on Citus.
pub fn is_on_citus() -> bool {
    std::env::var(STORE).is_ok_and(|store| store == "citus")
}

/// Whether tests are to do without PostgreSQL.
pub fn is_left_out() -> bool {
    std::env::var(SERVER).is_ok_and(|server| server == "none")
}
