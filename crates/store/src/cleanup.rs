//! Cleanup runs in steps, one for each app. A step drops a portion of rows at a time. If a step fails, the others
//! still run.

use crate::Store;
use crate::error::Result;
use kaquan_core::id::AppId;
use std::fmt::Display;
use std::time::Duration;

/// Rows dropped in one transaction. The number is small because batches wait for the transaction, and a flash sale
/// can leave millions of rows.
const DROPPED_AT_ONCE: usize = 1_000;
/// Pause between two such transactions, so that waiting batches can run.
const DROP_PAUSE: Duration = Duration::from_millis(10);

impl dyn Store + '_ {
    /// Drops the rows of one app after the other, in portions, until a portion is not full. Returns the number of
    /// rows.
    ///
    /// # Errors
    /// The errors of [`run_steps`].
    pub(crate) fn drop_in_portions(
        &self,
        drop_portion: impl Fn(AppId, usize) -> Result<u64>,
    ) -> Result<usize> {
        run_steps(self.apps()?.into_iter().map(|row| (row.appid, row.app.id)), |app| {
            let mut dropped = 0;
            loop {
                let portion = usize::try_from(drop_portion(app, DROPPED_AT_ONCE)?).unwrap_or(usize::MAX);
                dropped += portion;
                if portion < DROPPED_AT_ONCE {
                    return Ok(dropped);
                }
                std::thread::sleep(DROP_PAUSE);
            }
        })
    }
}

/// Runs a step for each item; each item has a name for the log. Returns the number of rows that all steps changed.
///
/// # Errors
/// The first error, after all other steps have run. If the store is not available, the remaining steps are skipped,
/// because each would wait just as long.
pub(crate) fn run_steps<N: Display, I>(
    items: impl IntoIterator<Item = (N, I)>,
    mut step: impl FnMut(I) -> Result<usize>,
) -> Result<usize> {
    let (mut rows, mut failed) = (0, None);
    for (name, item) in items {
        match step(item) {
            Ok(more) => rows += more,
            Err(error) if error.is_outage() => return Err(error),
            Err(error) => {
                tracing::error!(step = %name, %error, "cleanup step failed; the others continue");
                failed = failed.or(Some(error));
            }
        }
    }
    failed.map_or(Ok(rows), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreError;

    /// Runs steps with these results. Returns how many steps ran, and the result of the whole.
    fn run(results: [Result<usize>; 3]) -> (usize, Result<usize>) {
        let mut ran = 0;
        let all = run_steps((1..).zip(results), |result| {
            ran += 1;
            result
        });
        (ran, all)
    }

    #[test]
    fn rows_of_all_steps_are_added_up() {
        assert!(matches!(run([Ok(1), Ok(0), Ok(2)]), (3, Ok(3))));
    }

    #[test]
    fn a_step_that_fails_does_not_stop_the_others() {
        let fails = |text: &str| Err(StoreError::Postgres(text.to_owned()));
        let (ran, all) = run([fails("first"), Ok(1), fails("second")]);
        assert_eq!((ran, all.unwrap_err().to_string()), (3, "PostgreSQL: first".to_owned()));
    }

    #[test]
    fn steps_do_not_wait_for_a_store_that_is_not_available() {
        let away = Err(StoreError::Unreachable("away".to_owned()));
        assert!(matches!(run([Ok(1), away, Ok(1)]), (2, Err(StoreError::Unreachable(_)))));
    }
}
