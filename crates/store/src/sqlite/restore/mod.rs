//! Restores a backup into a data folder, completely or not at all. The new file is prepared in `.restoring`. When it
//! is on the disk, the file `ready` is written there. Before `ready` exists, nothing in the folder has changed. After
//! that, the next process that opens the folder finishes the restore. The old files are kept in a separate folder.

#[cfg(test)]
mod tests;

use super::backup::{BackupContent, inspect, remove, sync_folder_of};
use super::connect::{self, Role};
use super::folder::{ASIDE, FILES, Folder, STAGING, io, make_private, open_private, random_id};
use super::identity::{self, Identity, NextNumbers};
use super::{main_path, migrate};
use crate::error::{Result, StoreError};
use kaquan_core::engine::RecordKind;
use kaquan_core::time::Timestamp;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How many numbers of codes and events a restore skips, for each generation. Codes and events after the backup are
/// lost, but clients may know their numbers. New ones must not have the same numbers.
const SKIP: i64 = 1_000_000;
/// The file that marks the staging folder as complete. Its content is the name of the folder for the old files.
const READY: &str = "ready";

/// The result of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    pub content: BackupContent,
    /// The new generation of the store.
    pub generation: i64,
    /// The folder with the old files; `None` if there were none.
    pub aside: Option<PathBuf>,
}

/// Replaces the store in a folder with the store in a backup. Access tokens, login links, and the sessions of the
/// console and of holders become invalid. Numbers of codes and events continue after the numbers issued before.
///
/// # Errors
/// A process has the folder open, or the file is not a valid backup. Nothing in the folder has changed then.
pub fn restore(dir: &Path, from: &Path, now: Timestamp) -> Result<RestoreReport> {
    restore_in_steps(dir, from, now, &mut |_| ())
}

/// As [`restore`]. `step` is called after every step with its name.
fn restore_in_steps(
    dir: &Path,
    from: &Path,
    now: Timestamp,
    step: &mut dyn FnMut(&str),
) -> Result<RestoreReport> {
    // Checked before the folder is touched, and again in the copy that will be used.
    inspect(from)?;
    let folder = Folder::lock(dir)?;
    let staging = dir.join(STAGING);
    let prepared = prepare(&folder, dir, from, now, step);
    if prepared.is_err() {
        // The old store is not changed.
        let _ = std::fs::remove_dir_all(&staging);
    }
    let (content, generation) = prepared?;
    let aside = dir.join(free_name(dir, now));
    let had_files = FILES.iter().any(|name| dir.join(name).symlink_metadata().is_ok());
    decide(&staging, &aside)?;
    step("ready");
    finish(dir, step)?;
    Ok(RestoreReport { content, generation, aside: had_files.then_some(aside) })
}

/// Creates the new file in the staging folder.
fn prepare(
    folder: &Folder,
    dir: &Path,
    from: &Path,
    now: Timestamp,
    step: &mut dyn FnMut(&str),
) -> Result<(BackupContent, i64)> {
    let staging = dir.join(STAGING);
    make_private(&staging)?;
    step("staging folder");
    let file = main_path(&staging);
    let mut source = File::open(from).map_err(io(from))?;
    let mut target = open_private(&file)?;
    std::io::copy(&mut source, &mut target).map_err(io(&file))?;
    drop(target);
    step("copied");
    let content = inspect(&file)?;
    let before = if folder.is_sound() { before(dir) } else { None };
    let generation = adapt(&file, before, now).map_err(|error| error.at(&file))?;
    step("adapted");
    for companion in ["kaquan.db-wal", "kaquan.db-shm"] {
        remove(&staging.join(companion))?;
    }
    File::open(&file).and_then(|file| file.sync_all()).map_err(io(&file))?;
    sync_folder_of(&file)?;
    Ok((content, generation))
}

/// The identity and the next numbers of the old store, if it can be read. Its files are not changed.
fn before(dir: &Path) -> Option<(Identity, Vec<NextNumbers>)> {
    let path = main_path(dir);
    if !path.is_file() {
        return None;
    }
    let read = || -> Result<Option<(Identity, Vec<NextNumbers>)>> {
        let conn = Connection::open(&path)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        conn.pragma_update(None, "query_only", true)?;
        let Some(identity) = identity::find(&conn)? else { return Ok(None) };
        Ok(Some((identity, identity::next_numbers(&conn)?)))
    };
    read().unwrap_or_else(|error| {
        tracing::warn!(%error, "store to be replaced cannot be read");
        None
    })
}

/// Migrates the copy to this version and sets a new generation.
fn adapt(file: &Path, before: Option<(Identity, Vec<NextNumbers>)>, now: Timestamp) -> Result<i64> {
    let role = Role::Writer { flushed: true, cache_kib: 16_384, checkpoint_pages: 1_000 };
    let mut conn = connect::open(file, role)?;
    migrate::migrate(&mut conn)?;
    let found = identity::read(&conn)?;
    let (generation_before, numbers) = before
        .filter(|(identity, _)| identity.store_id == found.store_id)
        .map_or((0, Vec::new()), |(identity, numbers)| (identity.generation, numbers));
    let generation = found.generation.max(generation_before) + 1;
    let skip = SKIP.saturating_mul(generation - found.generation);
    let transaction = conn.transaction()?;
    transaction.execute("UPDATE store_identity SET generation = ?1, backup_at = NULL", [generation])?;
    let behind = "UPDATE counters SET card_no = max(card_no, ?2), code_seq = max(code_seq, ?3), \
                  event_seq = max(event_seq, ?4) WHERE app_id = (SELECT app_id FROM apps WHERE appid = ?1)";
    for NextNumbers { appid, card_no, code_seq, event_seq } in numbers {
        transaction.execute(behind, (appid, card_no, code_seq, event_seq))?;
    }
    transaction
        .execute("UPDATE counters SET code_seq = code_seq + ?1, event_seq = event_seq + ?1", [skip])?;
    // A token that was retired after the backup must not become valid again, and no serial may be issued twice.
    transaction.execute("UPDATE tokens SET retired_at = min(coalesce(retired_at, ?1), ?1)", [now.0])?;
    transaction.execute("UPDATE tokens SET serial = serial + ?1", [skip])?;
    for table in ["sessions", "login_links"] {
        transaction.execute(&format!("DELETE FROM {table}"), [])?;
    }
    end_holder_sessions(&transaction, skip)?;
    transaction.commit()?;
    conn.pragma_update(None, "application_id", random_id()?.cast_signed())?;
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(generation)
}

/// Raises the version of every app's identity settings. A holder's session is an encrypted cookie for that version,
/// and the backup may not know which holders have logged out since. An app without settings gets settings with the
/// same meaning: `pretend` has an effect only in sandbox mode.
fn end_holder_sessions(conn: &Connection, skip: i64) -> Result<()> {
    let kind = RecordKind::Identity.number();
    let raise = "UPDATE records SET body = json_set(body, '$.version', \
                 coalesce(json_extract(body, '$.version'), 0) + ?2) WHERE kind = ?1";
    conn.execute(raise, (kind, skip))?;
    let add = "INSERT OR IGNORE INTO records (app_id, kind, no, name, body) \
               SELECT app_id, ?1, 0, '', json_object('provider', 'pretend', 'version', ?2) FROM apps";
    conn.execute(add, (kind, skip))?;
    Ok(())
}

/// A free name: `before-restore-2026-05-01T120000`, or the same with a number added.
fn free_name(dir: &Path, now: Timestamp) -> String {
    let time: String = now.to_string().chars().filter(|char| *char != ':').take(17).collect();
    let name = format!("{ASIDE}{time}");
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    let free = |name: &String| dir.join(name).symlink_metadata().is_err();
    std::iter::once(name.clone()).chain(numbered).find(free).unwrap_or(name)
}

/// Marks the staging folder as complete. From now on, an interrupted restore is finished and not undone.
fn decide(staging: &Path, aside: &Path) -> Result<()> {
    let (ready, draft) = (staging.join(READY), staging.join("ready.new"));
    let name = aside.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut file = open_private(&draft)?;
    file.write_all(name.as_bytes()).and_then(|()| file.sync_all()).map_err(io(&draft))?;
    std::fs::rename(&draft, &ready).map_err(io(&ready))?;
    sync_folder_of(&ready)
}

/// Finishes an interrupted restore: moves a complete staging folder into place, or deletes an incomplete one. Only
/// the process that has the folder open exclusively may call this.
///
/// # Errors
/// The disk fails.
pub(super) fn finish(dir: &Path, step: &mut dyn FnMut(&str)) -> Result<()> {
    let staging = dir.join(STAGING);
    if !staging.is_dir() {
        return Ok(());
    }
    let ready = staging.join(READY);
    let new = main_path(&staging);
    if ready.is_file() && new.is_file() {
        let name = std::fs::read_to_string(&ready).map_err(io(&ready))?;
        if !name.starts_with(ASIDE) || name.contains('/') {
            return Err(StoreError::Folder(format!(
                "{} is damaged; run kaquan restore again",
                ready.display()
            )));
        }
        let aside = dir.join(name);
        for name in FILES {
            let old = dir.join(name);
            if old.symlink_metadata().is_ok() {
                make_private(&aside)?;
                std::fs::rename(&old, aside.join(name)).map_err(io(&old))?;
                step(name);
            }
        }
        if aside.is_dir() {
            sync_folder_of(&aside.join("kaquan.db"))?;
        }
        sync_folder_of(&main_path(dir))?;
        std::fs::rename(&new, main_path(dir)).map_err(io(&new))?;
        step("in place");
        sync_folder_of(&main_path(dir))?;
    }
    // The mark is removed first. A staging folder without it is deleted.
    remove(&ready)?;
    step("decision removed");
    std::fs::remove_dir_all(&staging).map_err(io(&staging))?;
    sync_folder_of(&staging)
}
