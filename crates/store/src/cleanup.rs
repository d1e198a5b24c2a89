//! Cleanup runs in steps: one for each app, and a portion of rows at a time. A step that fails does not stop the others.

use crate::Store;
use crate::error::Result;
use kaquan_core::id::AppId;
use std::fmt::Display;
use std::time::Duration;

/// Rows dropped in one transaction: batches wait for it, and a flash sale can leave millions.
const DROPPED_AT_ONCE: usize = 1_000;
/// Pause between two such transactions, so that a waiting batch comes first.
const DROP_PAUSE: Duration = Duration::from_millis(10);

impl dyn Store + '_ {
    /// Drops rows of one app after the other, a portion at a time until a portion is not full. Returns how many.
    ///
    /// # Errors
    /// Those of [`run_steps`].
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

/// Runs a step for each item, given with its name for the log. Returns how many rows all of them changed.
///
/// # Errors
/// The first error, after every other item had its step. Only while the store is not available, the rest is left out:
/// every further step would wait as long.
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

    /// Runs steps that return these results, and returns how many steps ran with what came of them.
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
