//! Connections that are not in use, and how a read and a short transaction get through when the server went away in
//! between.

use super::connect::{Address, Conn};
use crate::error::{Result, StoreError};
use std::sync::{Mutex, PoisonError};

/// Idle connections a pool keeps.
const IDLE_MAX: usize = 8;
/// Times a short transaction is tried when somebody else was quicker.
const TRIES: usize = 5;

/// Connections for everything but batches.
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
    /// A pool without connections; they are opened when asked for.
    pub fn new(address: Address) -> Pool {
        Pool { address, idle: Mutex::default() }
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Reads. Should a connection that lay idle turn out to be dead, another is opened.
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

    /// Reads with one view of the store.
    pub fn snapshot<T>(&self, mut query: impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
        self.read(|conn| {
            conn.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
            let answer = query(conn)?;
            conn.batch("COMMIT")?;
            Ok(answer)
        })
    }

    /// Runs a short transaction. It is tried again as long as it is known that it was not done.
    ///
    /// Errors: [`StoreError::Unknown`] when the connection broke in the moment of the commit.
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
        match conn.batch("COMMIT") {
            Err(StoreError::Unreachable(reason)) => Err(StoreError::Unknown(reason)),
            done => self.give_back(conn, done.map(|()| answer)),
        }
    }

    fn take(&self) -> Option<Conn> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.0.retain(|conn| !conn.is_closed());
        idle.0.pop()
    }

    /// Keeps the connection, unless an error may have left it inside a transaction: then it is closed.
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
