//! The part of a batch between the queue and the commit. It loads the rows of the batch and applies the operations
//! one after another. It reads no clock and sends no replies.

use crate::queue::Job;
use kaquan_core::engine::{Command, Keys, WorkingSet};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::AppId;
use kaquan_core::operation::RequestOutcome;
use kaquan_core::time::Timestamp;
use kaquan_store::{StoreError, Writer};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// If the machine's clock was set back by at most this many seconds, the app's time stays at its latest value.
const STEP_BACK_MAX_SECS: i64 = 300;

/// The results of the operations of one app, and the working set after them.
pub(crate) struct AppliedBatch {
    pub set: WorkingSet,
    pub results: Vec<Result<RequestOutcome>>,
}

/// Why a batch failed. Except during an outage, the writer then retries the operations one by one.
#[derive(Debug)]
pub(crate) enum BatchFailure {
    /// The store failed.
    Store(StoreError),
    /// An operation panicked and may have left the rows half changed.
    Panicked,
    /// An operation returned -1: kaquan has a bug.
    Bug(Error),
}

impl From<StoreError> for BatchFailure {
    fn from(error: StoreError) -> BatchFailure {
        match error {
            StoreError::Bug(error) => BatchFailure::Bug(error),
            error => BatchFailure::Store(error),
        }
    }
}

/// Loads the rows that the operations need, and applies the operations. Returns `None` if the app does not exist.
pub(crate) fn apply(
    writer: &mut dyn Writer,
    app: AppId,
    jobs: &[Job],
    now: Timestamp,
) -> std::result::Result<Option<AppliedBatch>, BatchFailure> {
    let ask = |set: &WorkingSet, keys: &mut Keys| jobs.iter().for_each(|job| job.request.reads(set, keys));
    let Some(mut set) = writer.load(app, &ask)? else { return Ok(None) };
    let latest = set.counters.latest;
    let now = if latest > now && latest.0 - now.0 <= STEP_BACK_MAX_SECS { latest } else { now };
    let mut results = Vec::with_capacity(jobs.len());
    for job in jobs {
        match catch_unwind(AssertUnwindSafe(|| job.request.apply(&mut set, now))) {
            // No rule returns -1, so an operation did not find a row that it needs. Most likely another operation of
            // this batch made the row necessary. When the operation runs alone, it declares that row.
            Ok(Err(error)) if error.code == ErrCode::SystemError => return Err(BatchFailure::Bug(error)),
            Ok(result) => results.push(result),
            Err(_) => {
                tracing::error!(operation = job.request.op.name(), "operation panicked");
                return Err(BatchFailure::Panicked);
            }
        }
    }
    Ok(Some(AppliedBatch { set, results }))
}

/// The error for every operation of an unknown app.
pub(crate) fn unknown_app() -> Error {
    ErrCode::InvalidAppid.into()
}
