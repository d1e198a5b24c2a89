//! A pool of idle connections, with retries for reads and short transactions: a connection may have been lost while it was
//! idle. Written by hand, because a retry has to know whether the attempt before it can have had an effect.

use super::connect::{Address, Conn};
use crate::error::{Result, StoreError};
use std::sync::{Mutex, PoisonError};

/// Idle connections a pool keeps.
const IDLE_MAX: usize = 8;
/// Attempts at a short transaction when others commit first.
const TRIES: usize = 5;

/// The connections for reads and short transactions; writers have their own.
#[derive(Debug)]
pub(super) struct Pool {
    address: Address,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle(Vec<Conn>);

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} connections", self.0.len())
    }
}

impl Pool {
    /// A pool that opens connections when they are needed.
    pub fn new(address: Address) -> Pool {
        Pool { address, idle: Mutex::default() }
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Reads. If an idle connection turns out to be lost, another is opened.
    pub fn read<T>(&self, mut query: impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
        if let Some(mut conn) = self.take() {
            match query(&mut conn) {
                Err(StoreError::Unreachable(_)) => self.clear(),
                done => return self.give_back(conn, done),
            }
        }
        let mut conn = self.address.connect()?;
        let done = query(&mut conn);
        self.give_back(conn, done)
    }

    /// Reads the same state of the store with all statements.
    pub fn snapshot<T>(&self, mut query: impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
        self.read(|conn| {
            conn.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
            let answer = query(conn)?;
            conn.batch("COMMIT")?;
            Ok(answer)
        })
    }

    /// Runs a short transaction. An attempt that surely had no effect is repeated.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when the connection was lost during the commit.
    pub fn write<T>(&self, mut change: impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
        for _ in 1..TRIES {
            match self.write_once(&mut change) {
                Err(StoreError::Conflict(_)) => {}
                done => return done,
            }
        }
        self.write_once(&mut change)
    }

    fn write_once<T>(&self, change: &mut impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
        let (mut conn, answer) = match self.take().map(|conn| begin(conn, change)) {
            Some(Err(StoreError::Unreachable(_))) => {
                self.clear();
                begin(self.address.connect()?, change)?
            }
            Some(done) => done?,
            None => begin(self.address.connect()?, change)?,
        };
        match conn.commit(&[]) {
            Err(StoreError::Unreachable(reason)) => Err(StoreError::Unknown(reason)),
            done => self.give_back(conn, done.map(|()| answer)),
        }
    }

    fn take(&self) -> Option<Conn> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.0.retain(|conn| !conn.is_closed());
        idle.0.pop()
    }

    /// Returns the connection to the pool. After an error it may still be in a transaction and is closed.
    fn give_back<T>(&self, conn: Conn, done: Result<T>) -> Result<T> {
        if done.is_ok() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.0.len() < IDLE_MAX {
                idle.0.push(conn);
            }
        }
        done
    }

    fn clear(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).0.clear();
    }
}

fn begin<T>(mut conn: Conn, change: &mut impl FnMut(&mut Conn) -> Result<T>) -> Result<(Conn, T)> {
    conn.batch("BEGIN")?;
    let answer = change(&mut conn)?;
    Ok((conn, answer))
}
