//! Queries and commands, and how they get their rows.
//!
//! - The operation *declares its reads*: [`Query::reads`] and [`Command::reads`] add the keys of the rows it needs,
//!   as far as the loaded rows show them. A code leads to its card, so the card's key is known only after the code is
//!   loaded.
//! - [`load_until_complete`] *loads*: after each round it asks for the read set again, until no row is missing. Its
//!   caller passes a function that loads rows from a store.
//! - The store *locks*. A query needs no locks. SQLite needs none either, because there is one writer. PostgreSQL's
//!   writer first runs the loop without locks to discover the read set. Then it locks these rows in the order of
//!   their keys, and runs the loop again.
//!
//! The ledger runs commands (`kaquan_ledger::batch`). Readers of a store run queries ([`run_query`]).

use super::{Keys, WorkingSet};
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// A look-up in the rows of one app. It changes nothing.
pub trait Query {
    /// The result.
    type Reply;

    /// Adds the keys of the rows it needs, as far as the loaded rows show them.
    fn reads(&self, ws: &WorkingSet, keys: &mut Keys);

    /// Runs at `now`. All rows it needs are in the set.
    ///
    /// # Errors
    ///
    /// The errors of the query; -1 if a row is not loaded, which is a bug.
    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<Self::Reply>;
}

/// A change of the rows of one app.
pub trait Command {
    /// The result.
    type Reply;

    /// Adds the keys of the rows it needs, as far as the loaded rows show them.
    fn reads(&self, ws: &WorkingSet, keys: &mut Keys);

    /// Applies the rule at `now`. All checks come before the first change, so an error leaves the set unchanged.
    ///
    /// # Errors
    ///
    /// The errors of the command, in its documented order; -1 if a row is not loaded, which is a bug.
    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Self::Reply>;

    /// The approximate number of changes. Commands with hundreds of codes take longer in a batch than others.
    fn cost(&self) -> usize {
        1
    }
}

/// The largest number of loading rounds. Operations need about three: the card, the code, the holder.
const ROUNDS_MAX: usize = 8;

/// Loads rows until `reads` declares no missing row.
///
/// # Errors
///
/// The errors of `load`; -1 if `reads` never stops declaring new rows, which is a bug.
pub fn load_until_complete<E: From<Error>>(
    set: &mut WorkingSet,
    reads: impl Fn(&WorkingSet, &mut Keys),
    mut load: impl FnMut(&Keys, &mut WorkingSet) -> Result<(), E>,
) -> Result<(), E> {
    for _ in 0..ROUNDS_MAX {
        let mut keys = Keys::default();
        reads(set, &mut keys);
        set.missing(&mut keys);
        if keys.is_empty() {
            return Ok(());
        }
        load(&keys, set)?;
    }
    Err(Error::internal("an operation declares reads without end").into())
}

/// Loads the rows of a query with `load`, and runs it.
///
/// # Errors
///
/// The errors of `load` and of the query.
pub fn run_query<Q: Query, E: From<Error>>(
    query: &Q,
    mut set: WorkingSet,
    now: Timestamp,
    load: impl FnMut(&Keys, &mut WorkingSet) -> Result<(), E>,
) -> Result<Q::Reply, E> {
    load_until_complete(&mut set, |set, keys| query.reads(set, keys), load)?;
    Ok(query.run(&set, now)?)
}
