//! Temporary media: files that an app uploads and uses within a few days, under a random id. Other than the pictures of
//! cards, they expire, and only the app gets them back.

use crate::Store;
use crate::error::Result;
use crate::row::{moment, named};
use crate::sql::{args, limit, statements};
use kaquan_core::id::AppId;
use kaquan_core::stored_enum;
use kaquan_core::time::Timestamp;

stored_enum! {
    /// The format of a temporary file.
    pub enum MediaFormat {
        Jpeg = 1;
        Png = 2;
        Gif = 3;
        Amr = 4;
        Mp3 = 5;
        Mp4 = 6;
    }
}

/// A temporary file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemporaryMedia {
    pub format: MediaFormat,
    /// The content of the file.
    pub bytes: Vec<u8>,
    /// Expiry. An expired file counts as absent.
    pub expires_at: Timestamp,
}

/// Files dropped in one transaction. A file can have megabytes, and batches wait for the transaction.
const DROPPED_AT_ONCE: usize = 4;

statements! {
    INSERT_TEMPORARY = ["INSERT INTO temporary_media (app_id, media_id, format, bytes, expires_at) \
        VALUES ($1, $2, $3, $4, $5)"];
    TEMPORARY = ["SELECT format, bytes, expires_at FROM temporary_media \
        WHERE app_id = $1 AND media_id = $2 AND expires_at > $3"];
    TEMPORARY_FORMAT = ["SELECT format FROM temporary_media WHERE app_id = $1 AND media_id = $2 AND expires_at > $3"];
    HAS_EXPIRED_MEDIA = ["SELECT 1 FROM temporary_media WHERE app_id = $1 AND expires_at <= $2 LIMIT 1"];
    DROP_TEMPORARY = ["DELETE FROM temporary_media WHERE app_id = $1 AND media_id IN (SELECT media_id FROM temporary_media \
        WHERE app_id = $1 AND expires_at <= $2 ORDER BY expires_at LIMIT $3", skip_locked, ")"];
}

impl dyn Store + '_ {
    /// Saves a file under a new id.
    ///
    /// # Errors
    /// The app has a file with this id.
    pub fn save_temporary_media(&self, app: AppId, media_id: &str, media: &TemporaryMedia) -> Result<()> {
        let TemporaryMedia { format, bytes, expires_at } = media;
        let args = args![app.0, media_id, format.number(), bytes, expires_at.0];
        self.write(|sql| sql.execute(INSERT_TEMPORARY, args).map(drop))
    }

    /// The file with this id, if it has not expired at `now`.
    pub fn temporary_media(
        &self,
        app: AppId,
        media_id: &str,
        now: Timestamp,
    ) -> Result<Option<TemporaryMedia>> {
        self.read(|sql| {
            sql.first(TEMPORARY, args![app.0, media_id, now.0], |row| {
                Ok(TemporaryMedia {
                    format: named(row, 0, "format of a file", MediaFormat::from_number)?,
                    bytes: row.bytes(1)?.to_vec(),
                    expires_at: moment(row, 2)?,
                })
            })
        })
    }

    /// The format of the file with this id, if it has not expired at `now`.
    pub fn temporary_media_format(
        &self,
        app: AppId,
        media_id: &str,
        now: Timestamp,
    ) -> Result<Option<MediaFormat>> {
        self.read(|sql| {
            sql.first(TEMPORARY_FORMAT, args![app.0, media_id, now.0], |row| {
                named(row, 0, "format of a file", MediaFormat::from_number)
            })
        })
    }

    /// Drops the files of all apps that are expired at `now`. Returns their number.
    pub fn drop_expired_media(&self, now: Timestamp) -> Result<usize> {
        self.drop_in_portions(|app, _| {
            let mut dropped = 0;
            while self.read(|sql| sql.exists(HAS_EXPIRED_MEDIA, args![app.0, now.0]))? {
                let args = args![app.0, now.0, limit(DROPPED_AT_ONCE)];
                let portion = self.write(|sql| sql.execute(DROP_TEMPORARY, args))?;
                dropped += portion;
                // Another node may hold the remaining rows.
                if portion == 0 {
                    break;
                }
            }
            Ok(dropped)
        })
    }
}
