//! For the tests of several crates. It starts a real PostgreSQL from the installed binaries in a temporary folder,
//! which is removed with the test process. It also has writers with commits that fail on purpose, and a middlebox that
//! stops forwarding.

pub mod cluster;
#[cfg(feature = "faulty")]
pub mod faulty;
pub mod middlebox;
pub mod network;
#[cfg(feature = "sql")]
pub mod schema;

pub use cluster::{Cluster, Options, bin_dir};
pub use middlebox::Middlebox;
#[cfg(feature = "sql")]
pub use schema::{Held, Schema, Template, execute, number};

/// Names the server that tests use, `postgres://…`, instead of one that they start. `none` means that there can be
/// none: the developer's commands set it, and count these tests as skipped.
pub const SERVER: &str = "KAQUAN_TEST_POSTGRES";

/// Whether tests run without PostgreSQL.
pub fn is_left_out() -> bool {
    std::env::var(SERVER).is_ok_and(|server| server == "none")
}
