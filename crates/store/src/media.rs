//! Uploaded pictures. The key of a picture is the digest of its bytes, so an app stores the same picture once.

use crate::Store;
use crate::error::Result;
use crate::row::read_media;
use crate::sql::{args, statements};
use kaquan_core::id::AppId;
use kaquan_core::stored_enum;
use kaquan_core::time::Timestamp;

stored_enum! {
    /// The format of an uploaded picture.
    pub enum MediaKind {
        /// `image/jpeg`.
        Jpeg = 1;
        /// `image/png`.
        Png = 2;
    }
}

/// The key of an uploaded picture: the first 16 bytes of the SHA-256 of its bytes.
pub type MediaDigest = [u8; 16];

/// An uploaded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    pub kind: MediaKind,
    /// The content of the file.
    pub bytes: Vec<u8>,
    pub created_at: Timestamp,
}

statements! {
    INSERT_MEDIA = ["INSERT INTO media (app_id, digest, kind, bytes, created_at) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (app_id, digest) DO NOTHING"];
    MEDIA = ["SELECT kind, bytes, created_at FROM media WHERE app_id = $1 AND digest = $2"];
}

impl dyn Store + '_ {
    /// Saves a picture under its digest. An existing picture is not changed.
    pub fn save_media(&self, app: AppId, digest: &MediaDigest, media: &Media) -> Result<()> {
        let Media { kind, bytes, created_at } = media;
        let args = args![app.0, digest, kind.number(), bytes, created_at.0];
        self.write(|sql| sql.execute(INSERT_MEDIA, args).map(drop))
    }

    /// The picture with this digest.
    pub fn media(&self, app: AppId, digest: &MediaDigest) -> Result<Option<Media>> {
        self.read(|sql| sql.first(MEDIA, args![app.0, digest], |row| read_media(row)))
    }
}
