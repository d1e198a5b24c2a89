//! Maps PostgreSQL's errors to those of the store: the server cannot be reached, another transaction committed first, a
//! row exists, or a statement is wrong.

use crate::error::StoreError;
use std::error::Error as _;
use tokio_postgres::error::{Severity, SqlState};

pub(super) fn broken(error: tokio_postgres::Error) -> StoreError {
    let text = chain(&error);
    let Some(state) = error.as_db_error() else { return StoreError::Unreachable(text) };
    let code = state.code();
    let conflicts = [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED];
    let is_fatal = matches!(state.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    let class = code.code().get(..2).unwrap_or_default();
    // 08: the connection; 53: no resources; 57P: the server is stopped; read-only: the server became a standby; I/O: a
    // machine of Citus was lost.
    let is_away = ["08", "53"].contains(&class)
        || code.code().starts_with("57P")
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
        || *code == SqlState::IO_ERROR
        || *code == SqlState::LOCK_NOT_AVAILABLE;
    match () {
        () if conflicts.contains(&code) => StoreError::Conflict(text),
        () if *code == SqlState::TOO_MANY_CONNECTIONS => StoreError::TooManyConnections(text),
        () if is_fatal || is_away => StoreError::Unreachable(text),
        // Citus drops the code of what a machine refused while rows were copied to it, such as a row that exists. Nothing
        // was written, and the retry shows what it was.
        () if state.routine() == Some("ReportCopyError") => StoreError::Conflict(text),
        () if *code == SqlState::UNIQUE_VIOLATION => StoreError::Taken(text),
        () => StoreError::Postgres(text),
    }
}

/// The error with the errors that caused it.
pub(super) fn chain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
