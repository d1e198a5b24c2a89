//! How long this node waits for the database, in one place. A statement may take its time while the server works on it;
//! these are limits on silence, after which the node asks over another connection whether the server still works.

use std::time::Duration;

/// How long one attempt to connect to one host may take, unless the address has `connect_timeout`. It covers the
/// greeting and the settings of the connection too.
pub const CONNECT: Duration = Duration::from_secs(3);
/// How long to retry connecting: the server may be starting, or a standby may be taking over.
pub const RETRY_CONNECT: Duration = Duration::from_secs(5);
/// Pause between two attempts at one host.
pub const RETRY_PAUSE: Duration = Duration::from_millis(50);
/// Head start of each host over the next one, so that the hosts are preferred in the order of the address.
pub const HEAD_START: Duration = Duration::from_millis(100);

/// Silence of the server during a statement, or between two of its rows, before the node asks whether the server still
/// works on the statement.
pub const SILENCE: Duration = Duration::from_secs(5);
/// How long the reply to that question may take.
pub const ASK: Duration = Duration::from_secs(3);
/// How long a reply to that question is used for other connections.
pub const ASKED_VALID_FOR: Duration = Duration::from_secs(1);

/// How long a writer waits for one reply, a commit included. It is longer than `LOCK_TIMEOUT`, so that the server gives
/// up first. A commit that takes longer is looked up.
pub const BATCH: Duration = Duration::from_secs(30);
/// How long a statement of a batch waits for a row that another transaction holds.
pub const LOCK_TIMEOUT: &str = "10s";
/// How long a batch may hold rows without a statement: a node that hangs must not stop the others.
pub const IDLE_TIMEOUT: &str = "5s";
/// How long a silent read may take while the server works on it.
pub const READ: Duration = Duration::from_secs(600);
/// How long a statement about leases may take. It touches no rows.
pub const LEASE: Duration = Duration::from_secs(4);
/// How long a statement about notifications may take. It reads a row for each app.
pub const NOTIFY: Duration = Duration::from_secs(4);

/// How long the database is asked about a commit before its outcome is reported as unknown.
pub const RESOLVE: Duration = Duration::from_secs(30);

/// How long a read waits for one of the connections for reading.
pub const QUEUE: Duration = Duration::from_secs(5);
/// How long an idle connection for reading is kept.
pub const IDLE: Duration = Duration::from_secs(10);
/// How long readers open no connections after the server had none left.
pub const CROWDED: Duration = Duration::from_secs(5);

/// Silence on an idle connection before the system asks the peer.
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(5);
/// Pause between two such questions.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
/// Questions without a reply before the system gives the connection up.
pub const KEEPALIVE_RETRIES: u32 = 3;
/// How long sent bytes may stay without the peer's acknowledgement.
pub const UNACKNOWLEDGED: Duration = Duration::from_secs(8);
