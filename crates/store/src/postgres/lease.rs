//! Leases as advisory locks of the database, held by one connection of this node. If the node dies, the server closes
//! the connection and releases its locks, and another node can get the leases.

use super::connect::Conn;
use super::pool::Pool;
use super::{limits, sql};
use crate::error::Result;
use crate::nodes::{Lease, LeaseHandle, NodeJob};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_postgres::Row;

/// For how long a reply of the server proves that the connection works.
const PROOF_VALID_FOR: Duration = Duration::from_secs(1);

/// The leases of this node.
#[derive(Debug, Clone)]
pub(super) struct Leases(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: Arc<Pool>,
    schema: String,
    session: Mutex<Session>,
}

#[derive(Default)]
struct Session {
    conn: Option<Conn>,
    /// The connection's number. It grows with every new connection; leases of earlier connections are lost.
    number: u64,
    held: HashSet<NodeJob>,
    replied_at: Option<Instant>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} leases", self.held.len())
    }
}

struct AdvisoryLease {
    leases: Leases,
    job: NodeJob,
    session: u64,
}

impl Leases {
    pub fn new(pool: Arc<Pool>, schema: String) -> Leases {
        Leases(Arc::new(Inner { pool, schema, session: Mutex::default() }))
    }

    /// Takes the lease of a job. Returns `None` if any node already has the lease, this node included.
    pub fn try_take(&self, job: NodeJob) -> Result<Option<Lease>> {
        let name = self.name(job);
        let mut session = self.session();
        if session.held.contains(&job) {
            return Ok(None);
        }
        let taken = match session.lock(&self.0.pool, &name) {
            Err(_) => {
                // The connection was lost since it was last used, and all its leases with it.
                session.close();
                session.lock(&self.0.pool, &name).inspect_err(|_| session.close())?
            }
            Ok(taken) => taken,
        };
        if !taken {
            return Ok(None);
        }
        session.held.insert(job);
        Ok(Some(Lease::of(AdvisoryLease { leases: self.clone(), job, session: session.number })))
    }

    fn name(&self, job: NodeJob) -> String {
        let schema = &self.0.schema;
        match job {
            NodeJob::Closing(app) => format!("kaquan {schema} closing {app}"),
            NodeJob::Push(app) => format!("kaquan {schema} push {app}"),
            NodeJob::Copy => format!("kaquan {schema} copy"),
            // Earlier versions use this name. Nodes of both versions must share the lease.
            NodeJob::Cleanup => format!("kaquan {schema} tidying"),
        }
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.0.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn lock(&mut self, pool: &Pool, name: &str) -> Result<bool> {
        if self.conn.is_none() {
            let mut conn = pool.reserved()?;
            conn.set_reply_max(Some(limits::LEASE));
            conn.batch("SET idle_session_timeout = 0")?;
            self.conn = Some(conn);
            self.number += 1;
            self.held.clear();
        }
        let Some(conn) = &mut self.conn else { return Ok(false) };
        let row: Row = conn.query_one(sql::TRY_LOCK, &[&name])?;
        self.replied_at = Some(Instant::now());
        row.try_get(0).map_err(super::error::broken)
    }

    fn close(&mut self) {
        self.conn = None;
        self.held.clear();
    }

    fn is_alive(&mut self) -> bool {
        if self.replied_at.is_some_and(|at| at.elapsed() < PROOF_VALID_FOR) {
            return self.conn.is_some();
        }
        let alive = self.conn.as_mut().is_some_and(|conn| conn.query(sql::SCHEMA, &[]).is_ok());
        if alive {
            self.replied_at = Some(Instant::now());
        } else {
            self.close();
        }
        alive
    }
}

impl LeaseHandle for AdvisoryLease {
    fn is_held(&self) -> bool {
        let mut session = self.leases.session();
        session.is_alive() && session.number == self.session && session.held.contains(&self.job)
    }
}

impl Drop for AdvisoryLease {
    fn drop(&mut self) {
        let (leases, job, number) = (self.leases.clone(), self.job, self.session);
        // The caller may be an async thread, which must not wait for the database.
        let release = move || {
            let name = leases.name(job);
            let mut session = leases.session();
            if session.number != number || !session.held.remove(&job) {
                return;
            }
            let unlocked = session.conn.as_mut().is_none_or(|conn| conn.query(sql::UNLOCK, &[&name]).is_ok());
            if !unlocked {
                session.close();
            }
        };
        if std::thread::Builder::new().spawn(release).is_err() {
            tracing::error!(?job, "lease not released: no thread; it ends with this process");
        }
    }
}
