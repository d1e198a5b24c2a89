//! The engine: the working set of rows, and the two kinds of work on it. A [`Query`] reads rows; a [`Command`] also
//! writes them. The list of all commands is in `operation`.

mod keys;
mod record;
mod records;
mod run;
#[cfg(test)]
pub(crate) mod testing;
mod working_set;

pub use keys::Keys;
pub use record::{Record, RecordKey, RecordKind, StoredRecord};
pub use records::sequence_key;
pub use run::{Command, Query, load_until_complete, run_query};
pub use working_set::{Change, CustomCode, HeldCode, HolderCard, Pool, Rows, WorkingSet};
