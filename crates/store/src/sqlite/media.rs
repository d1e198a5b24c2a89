//! Uploaded pictures, each kept once under the digest of its bytes.

use super::load::query_one;
use crate::error::Result;
use crate::row::read_media;
use crate::rows::{Media, MediaDigest};
use kaquan_core::id::AppId;
use rusqlite::Connection;

/// Keeps a picture; one that is there already stays as it is.
pub(super) fn save(conn: &Connection, app: AppId, digest: &MediaDigest, media: &Media) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR IGNORE INTO media (app_id, digest, kind, bytes, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((app.0, digest, media.kind.code(), &media.bytes, media.created_at.0))?;
    Ok(())
}

/// The picture with this digest.
pub(super) fn find(conn: &Connection, app: AppId, digest: &MediaDigest) -> Result<Option<Media>> {
    let sql = "SELECT kind, bytes, created_at FROM media WHERE app_id = ?1 AND digest = ?2";
    query_one(conn, sql, (app.0, digest), |row| read_media(row))
}
