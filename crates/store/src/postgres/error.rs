//! Maps PostgreSQL's errors to those of the store: the server cannot be reached, another transaction committed first,
//! a row exists, or a statement is wrong.

use crate::error::StoreError;
use crate::failures::FailureKind;
use std::error::Error as _;
use tokio_postgres::error::{Severity, SqlState};

pub(super) fn broken(error: tokio_postgres::Error) -> StoreError {
    let text = chain(&error);
    let Some(state) = error.as_db_error() else { return StoreError::Unreachable(text) };
    let code = state.code();
    let conflicts = [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED];
    let is_fatal = matches!(state.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    let class = code.code().get(..2).unwrap_or_default();
    // Class 08: connection failed; 53: no resources; 57P: the server was stopped. If Citus loses a machine while it
    // copies rows there, it reports an I/O error.
    let lost_machine = *code == SqlState::IO_ERROR && state.file() == Some("multi_copy.c");
    let is_away = ["08", "53"].contains(&class) || code.code().starts_with("57P") || lost_machine;
    if !lost_machine && let Some(kind) = failure(code, is_fatal) {
        // The log needs one line, but the server's details and hints come on lines of their own.
        let reason = text.replace('\n', "; ").trim_end_matches('.').to_owned();
        return StoreError::Failing { kind, place: "PostgreSQL".to_owned(), reason };
    }
    match () {
        () if conflicts.contains(&code) => StoreError::Conflict(text),
        () if *code == SqlState::TOO_MANY_CONNECTIONS => StoreError::TooManyConnections(text),
        () if *code == SqlState::LOCK_NOT_AVAILABLE => StoreError::LockTimeout(text),
        () if is_fatal || is_away => StoreError::Unreachable(text),
        // Citus does not report why a machine refused copied rows, for example because a row exists. No row was
        // written, and the retry returns the real error.
        () if state.routine() == Some("ReportCopyError") => StoreError::Conflict(text),
        () if *code == SqlState::UNIQUE_VIOLATION => StoreError::Taken(text),
        () => StoreError::Postgres(text),
    }
}

/// The failure, if an operator has to end it. A fatal error counts only without a running commit: when connecting.
fn failure(code: &SqlState, is_fatal: bool) -> Option<FailureKind> {
    Some(match code.code() {
        "28000" | "28P01" | "3D000" => FailureKind::NoAccess,
        "42501" => FailureKind::NoRights,
        // The server became a standby. Or its disk filled up, and an operator stopped all writes.
        "25006" => FailureKind::ReadOnly,
        _ if is_fatal => return None,
        "53100" => FailureKind::DiskFull,
        "53200" => FailureKind::NoMemory,
        "58030" | "58P01" => FailureKind::DiskError,
        "XX001" | "XX002" => FailureKind::Damaged,
        "42P01" | "42703" | "3F000" => FailureKind::WrongTables,
        _ => return None,
    })
}

/// The text of the error and of the errors that caused it.
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
