//! The connections of a node. Those for reading and short transactions are limited, and callers wait in a queue.
//! Writers, leases and notifications have their own connections and come first. No library is used, because a retry
//! must know whether the attempt before it can have had an effect.

use super::address::Address;
use super::connect::Conn;
use super::limits;
use crate::error::{Result, StoreError};
use crate::failures::Failures;
use std::collections::VecDeque;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Default number of connections for reading.
pub const DEFAULT_READERS: usize = 16;
/// Attempts at a short transaction that fails because another transaction committed first.
const TRIES: usize = 5;

/// The connections for reads and short transactions; writers have their own.
#[derive(Debug)]
pub(super) struct Pool {
    address: Address,
    places: Mutex<Places>,
    failures: Failures,
}

/// The places for connections. A place is idle, in use, or free.
struct Places {
    max: usize,
    /// Idle connections with the time of their last use, the latest last.
    idle: Vec<(Conn, Instant)>,
    /// Places in use.
    in_use: usize,
    /// The callers that wait for a place, longest first. Each gets a connection, or `None`: a place in which to open
    /// one.
    queue: VecDeque<Sender<Option<Conn>>>,
    /// When the server last had no connection left.
    crowded_at: Option<Instant>,
    /// Whether the next returned connection must be closed, so that a writer can open one.
    close_next: bool,
}

impl std::fmt::Debug for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} connections in use, {} waiting", self.in_use, self.max, self.queue.len())
    }
}

/// A connection for reading, in its place. Dropping it closes the connection.
pub(super) struct Place<'a> {
    conn: Conn,
    /// Whether the connection was idle before; it may have been lost meanwhile.
    was_idle: bool,
    permit: Permit<'a>,
}

/// The right to use a place. Dropping it returns the place without a connection.
struct Permit<'a>(&'a Pool);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.give_back(None);
    }
}

impl Pool {
    /// A pool that opens a connection when a caller needs one.
    pub fn new(address: Address) -> Pool {
        let places = Places {
            max: DEFAULT_READERS,
            idle: Vec::new(),
            in_use: 0,
            queue: VecDeque::new(),
            crowded_at: None,
            close_next: false,
        };
        let failures = Failures::new(address.place());
        Pool { address, places: Mutex::new(places), failures }
    }

    /// The failures of the store.
    pub fn failures(&self) -> &Failures {
        &self.failures
    }

    /// Sets the largest number of connections for reading.
    pub fn set_max(&self, readers: usize) {
        self.places().max = readers.max(1);
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Opens a connection that is not one of those for reading: for a writer, leases or notifications. If the server
    /// has no connection left, a reader gives up one.
    ///
    /// # Errors
    /// The errors of [`Conn::open`], after retries.
    pub fn reserved(&self) -> Result<Conn> {
        let until = Instant::now() + limits::RETRY_CONNECT;
        loop {
            match Conn::open(&self.address) {
                Err(StoreError::TooManyConnections(_)) if Instant::now() < until => {
                    self.free_one();
                    std::thread::sleep(limits::RETRY_PAUSE);
                }
                done => return done,
            }
        }
    }

    /// Closes a connection for reading: an idle one now, or else the next one that is returned.
    pub fn free_one(&self) {
        let mut places = self.places();
        places.crowded_at = Some(Instant::now());
        let idle = places.idle.pop();
        places.close_next = idle.is_none();
        drop(places);
        drop(idle);
    }

    /// Closes connections that have been idle for a while. Call it regularly.
    pub fn close_idle(&self) {
        let mut places = self.places();
        places.idle.retain(|(_, since)| since.elapsed() < limits::IDLE);
        // The server may have connections again since a reader began to wait.
        places.grant();
    }

    /// Waits for a place with a connection.
    ///
    /// # Errors
    /// [`StoreError::TooManyConnections`] if none became free in time; the errors of [`Conn::open`].
    pub fn place(&self) -> Result<Place<'_>> {
        let until = Instant::now() + limits::QUEUE;
        let idle = self.wait_in_queue(until)?;
        let permit = Permit(self);
        match idle {
            Some(conn) => Ok(Place { conn, was_idle: true, permit }),
            None => self.open_in(permit, until),
        }
    }

    /// As [`Pool::place`], with a new connection for a long read, which is not repeated.
    ///
    /// # Errors
    /// The errors of [`Pool::place`].
    pub fn own_place(&self) -> Result<Place<'_>> {
        let until = Instant::now() + limits::QUEUE;
        // An idle connection is closed first: the server may have no other left.
        drop(self.wait_in_queue(until)?);
        let mut place = self.open_in(Permit(self), until)?;
        place.conn.set_reply_max(None);
        Ok(place)
    }

    /// Opens a connection in a place. Waits while the server has none left.
    fn open_in<'a>(&'a self, mut permit: Permit<'a>, until: Instant) -> Result<Place<'a>> {
        loop {
            match Conn::open(&self.address) {
                Err(StoreError::TooManyConnections(_)) if Instant::now() < until => {
                    self.places().crowded_at = Some(Instant::now());
                    drop(permit);
                    // Another caller may return a connection. If there is no other caller, waiting is useless.
                    std::thread::sleep(limits::RETRY_PAUSE);
                    let idle = self.wait_in_queue(until)?;
                    permit = Permit(self);
                    if let Some(conn) = idle {
                        return Ok(Place { conn, was_idle: true, permit });
                    }
                }
                opened => return Ok(Place { conn: opened?, was_idle: false, permit }),
            }
        }
    }

    /// Waits for an idle connection; `None` is a place to open one.
    fn wait_in_queue(&self, until: Instant) -> Result<Option<Conn>> {
        let (sender, granted) = channel();
        let mut places = self.places();
        places.idle.retain(|(conn, _)| !conn.is_closed());
        places.queue.push_back(sender);
        places.grant();
        drop(places);
        let left = until.saturating_duration_since(Instant::now());
        granted.recv_timeout(left).or_else(|_| {
            // A connection may have been granted after the timeout. Connections are granted under this lock.
            let _places = self.places();
            let late = granted.try_recv();
            drop(granted);
            let waited = limits::QUEUE;
            late.map_err(|_| {
                StoreError::TooManyConnections(format!(
                    "all connections for reading were in use for {waited:?}"
                ))
            })
        })
    }

    /// Returns a place, with its connection if that can be used again.
    fn give_back(&self, conn: Option<Conn>) {
        let mut places = self.places();
        places.in_use -= 1;
        match conn {
            Some(conn) if places.close_next => {
                places.close_next = false;
                drop(conn);
            }
            Some(conn) => places.idle.push((conn, Instant::now())),
            None => {}
        }
        places.grant();
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a read. If an idle connection turns out to be lost, a new one is opened.
    pub fn read<T>(&self, query: impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
        self.failures.read(self.try_read(query))
    }

    fn try_read<T>(&self, mut query: impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
        let (place, answer) = self.place()?.run(Some(limits::READ), &mut query)?;
        place.keep();
        Ok(answer)
    }

    /// Runs several statements that all read the same state of the store.
    pub fn snapshot<T>(&self, mut query: impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
        self.read(|conn| {
            conn.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
            let answer = query(conn)?;
            conn.batch("COMMIT")?;
            Ok(answer)
        })
    }

    /// Runs a short transaction. Repeats an attempt only if it certainly had no effect.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] if the connection was lost during the commit.
    pub fn write<T>(&self, change: impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
        self.failures.write(self.try_write(change))
    }

    fn try_write<T>(&self, mut change: impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
        for _ in 1..TRIES {
            match self.write_once(&mut change) {
                Err(StoreError::Conflict(_)) => {}
                done => return done,
            }
        }
        self.write_once(&mut change)
    }

    fn write_once<T>(&self, change: &mut impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
        // A transaction beside the batches may move a whole month of the log.
        let (mut place, answer) = self.place()?.run(None, |conn| begin(conn, change))?;
        match place.conn.commit(&[]) {
            Err(StoreError::Unreachable(reason)) => Err(StoreError::Unknown(reason)),
            Err(error) => Err(error),
            Ok(()) => {
                place.keep();
                Ok(answer)
            }
        }
    }
}

impl Places {
    /// Grants idle connections and free places to the callers that have waited longest.
    fn grant(&mut self) {
        while !self.queue.is_empty() {
            let grant = match self.idle.pop() {
                Some((conn, _)) => Some(conn),
                None if self.in_use < self.open_max() => None,
                None => return,
            };
            let Some(waiting) = self.queue.pop_front() else { return };
            self.in_use += 1;
            if let Err(gone) = waiting.send(grant) {
                self.in_use -= 1;
                self.idle.extend(gone.0.map(|conn| (conn, Instant::now())));
            }
        }
    }

    /// The largest number of open connections now. While the server has none left, it is the present number.
    fn open_max(&self) -> usize {
        let is_crowded = self.crowded_at.is_some_and(|at| at.elapsed() < limits::CROWDED);
        if is_crowded { self.in_use.clamp(1, self.max) } else { self.max }
    }
}

impl Place<'_> {
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// Runs statements with this limit for a reply. If the connection was idle and turns out to be lost, another is
    /// opened. After an error the connection may still be in a transaction, so it is closed.
    fn run<T>(
        mut self,
        reply_max: Option<Duration>,
        mut statements: impl FnMut(&mut Conn) -> Result<T>,
    ) -> Result<(Self, T)> {
        self.conn.set_reply_max(reply_max);
        let answer = match statements(&mut self.conn) {
            Err(error) if self.was_idle && error.wants_new_connection() => {
                self = self.reopened()?;
                self.conn.set_reply_max(reply_max);
                statements(&mut self.conn)?
            }
            done => done?,
        };
        Ok((self, answer))
    }

    /// The same place with another connection. The idle ones are closed: they were probably lost with the one before.
    fn reopened(self) -> Result<Self> {
        let Place { conn, permit, .. } = self;
        // The old connection is closed first, because the server may have no other left.
        drop(conn);
        let pool = permit.0;
        drop(std::mem::take(&mut pool.places().idle));
        pool.open_in(permit, Instant::now() + limits::QUEUE)
    }

    /// Keeps the connection for the next read.
    fn keep(self) {
        let Place { conn, permit, .. } = self;
        permit.0.give_back(Some(conn));
        std::mem::forget(permit);
    }
}

fn begin<T>(conn: &mut Conn, change: &mut impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
    conn.batch("BEGIN")?;
    change(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_waits_gets_a_place_when_the_server_has_some_again() {
        let pool = Pool::new(Address::parse("host=a").unwrap());
        {
            let mut places = pool.places();
            (places.in_use, places.crowded_at) = (1, Some(Instant::now()));
        }
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| pool.wait_in_queue(Instant::now() + Duration::from_secs(60)));
            while pool.places().queue.is_empty() {
                std::thread::yield_now();
            }
            pool.close_idle();
            assert_eq!(pool.places().queue.len(), 1, "the server has none left");
            pool.places().crowded_at = Instant::now().checked_sub(limits::CROWDED);
            pool.close_idle();
            let is_granted = pool.places().queue.is_empty();
            // Lets the waiting thread end, even if it was granted nothing.
            pool.give_back(None);
            assert!(is_granted && waits.join().unwrap().unwrap().is_none());
        });
    }
}
