//! For the tests of several crates. It starts a real PostgreSQL from the installed binaries in a temporary folder,
//! which is removed with the test process. It also has writers with commits that fail on purpose, and a middlebox that
//! stops forwarding.

#[cfg(feature = "sql")]
mod citus;
pub mod cluster;
#[cfg(feature = "faulty")]
pub mod faulty;
pub mod middlebox;
pub mod network;
#[cfg(feature = "sql")]
pub mod role;
#[cfg(feature = "sql")]
pub mod schema;

pub use cluster::{Cluster, Options, bin_dir};
pub use middlebox::Middlebox;
#[cfg(feature = "sql")]
pub use role::{Role, as_role};
#[cfg(feature = "sql")]
pub use schema::{Held, Schema, Template, execute, number};

/// Names the server that tests use, `postgres://…`, instead of one that they start. `none` means that there can be
/// none: the developer's commands set it, and count these tests as skipped.
pub const SERVER: &str = "KAQUAN_TEST_POSTGRES";

/// Names the coordinator of Citus, `postgres://…`, for the suites on Citus. Its role may make tables on every machine.
pub const COORDINATOR: &str = "KAQUAN_TEST_CITUS";

/// Names the store that a suite runs on: `sqlite`, `postgres` or `citus`.
pub const STORE: &str = "KAQUAN_TEST_STORE";

/// Whether schemas are made on Citus.
pub fn is_on_citus() -> bool {
    std::env::var(STORE).is_ok_and(|store| store == "citus")
}

/// Whether tests run without PostgreSQL.
pub fn is_left_out() -> bool {
    std::env::var(SERVER).is_ok_and(|server| server == "none")
}
