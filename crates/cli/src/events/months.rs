//! `kaquan events months` and `detach`: the monthly tables of the log, and detaching one of them.

use crate::{Failure, out};
use kaquan_store::{Month, Store};

/// Prints the months, oldest first.
pub fn list(store: &dyn Store) -> Result<(), Failure> {
    let months = store.months()?.ok_or("the log of a data folder has no months; they need --database")?;
    months.iter().for_each(|month| out::line(&month.to_string()));
    Ok(())
}

/// Detaches a month from the log.
pub fn detach(store: &dyn Store, month: Month) -> Result<(), Failure> {
    let table = store.detach_month(month)?;
    out::line(&format!(
        "{month} is detached from the log; its events are in the table {table}, which you can export and drop"
    ));
    Ok(())
}
