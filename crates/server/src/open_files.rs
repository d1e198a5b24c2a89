//! The limit of open files of the process. This module raises the soft limit to the hard limit, and computes the
//! number of connections. Files of the store, connections to the database and connections of event push are
//! subtracted.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The largest number of connections, even if more files may be open.
const CONNECTIONS_MAX: u64 = 16_384;
/// The smallest number of connections, even if fewer files may be open.
const CONNECTIONS_MIN: u64 = 16;
/// Files reserved for everything except callers' connections: a quarter of the limit, but between these two numbers.
const RESERVE: (u64, u64) = (64, 1024);

/// Raises the soft limit of open files to the hard limit. Returns the new limit; `None` if there is no limit.
pub fn raise() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return limit.current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, limit = limit.current, "limit of open files not raised");
            limit.current
        }
    }
}

/// The number of connections that are possible with this many open files.
pub fn connections(open_files: Option<u64>) -> usize {
    let open_files = open_files.unwrap_or(u64::MAX);
    let reserve = (open_files / 4).clamp(RESERVE.0, RESERVE.1);
    let fit = open_files.saturating_sub(reserve).clamp(CONNECTIONS_MIN, CONNECTIONS_MAX);
    usize::try_from(fit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_open_files_is_kept_for_the_store_and_push() {
        for (open_files, expected) in
            [(Some(64), 16), (Some(256), 192), (Some(1024), 768), (Some(20_000), 16_384), (None, 16_384)]
        {
            assert_eq!(connections(open_files), expected, "{open_files:?}");
        }
    }
}
