//! All time limits for waits on the database. A statement may run long while the server works on it. These are limits
//! on silence: after them, the node asks over another connection whether the server still works.

use std::time::Duration;

/// How long one attempt to connect to one host may take, unless the address has `connect_timeout`. The time includes
/// the handshake and the settings of the connection.
pub const CONNECT: Duration = Duration::from_secs(3);
/// How long to retry a connection: the server may be starting, or a standby may be taking over.
pub const RETRY_CONNECT: Duration = Duration::from_secs(5);
/// Pause between two attempts to connect to one host.
pub const RETRY_PAUSE: Duration = Duration::from_millis(50);
/// How long each host has before the next host is tried too. Hosts are preferred in the order of the address.
pub const HEAD_START: Duration = Duration::from_millis(100);

/// How long the server may be silent during a statement, or between two of its rows. Then the node asks whether the
/// server still works on the statement.
pub const SILENCE: Duration = Duration::from_secs(5);
/// How long the reply to that request may take.
pub const ASK: Duration = Duration::from_secs(3);
/// For how long the reply to that request is also used for other connections.
pub const ASKED_VALID_FOR: Duration = Duration::from_secs(1);

/// How long a writer waits for one reply, also for that to a commit. Longer than `LOCK_TIMEOUT`, so that the server
/// stops first. After this time, the writer checks whether the commit happened.
pub const BATCH: Duration = Duration::from_secs(30);
/// How long a statement of a batch waits for a row that another transaction has locked.
pub const LOCK_TIMEOUT: &str = "10s";
/// How long a batch may hold locks without sending a statement. A node that hangs must not block the others.
pub const IDLE_TIMEOUT: &str = "5s";
/// How long a read may be silent while the server works on it.
pub const READ: Duration = Duration::from_secs(600);
/// How long a statement about leases may take. It reads no rows.
pub const LEASE: Duration = Duration::from_secs(4);
/// How long a statement about notifications may take. It reads one row for each app.
pub const NOTIFY: Duration = Duration::from_secs(4);

/// How long the node asks the database about a commit before it reports the outcome as unknown.
pub const RESOLVE: Duration = Duration::from_secs(30);

/// How long a read waits for a free connection.
pub const QUEUE: Duration = Duration::from_secs(5);
/// How long an idle connection for reading stays open.
pub const IDLE: Duration = Duration::from_secs(10);
/// How long readers open no new connections after the server had none left.
pub const CROWDED: Duration = Duration::from_secs(5);

/// Silence on an idle connection before the system sends a keepalive probe.
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(5);
/// Pause between two keepalive probes.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
/// Keepalive probes without a reply before the system closes the connection.
pub const KEEPALIVE_RETRIES: u32 = 3;
/// How long sent bytes may remain without an acknowledgement of the peer.
pub const UNACKNOWLEDGED: Duration = Duration::from_secs(8);
