//! `POST /cgi-bin/media/uploadimg`: receives a picture for logos, stores and pages. The picture is decoded and
//! encoded again, so that holders cannot get other content. WeChat manual: "上传图片接口" (upload a picture).

use crate::fair::WorkKind;
use crate::http::{Answer, Call};
use crate::media::{form, limits, picture, show};
use crate::state::blocking;
use kaquan_core::error::{Error, Result};
use kaquan_store::Media;
use serde::Serialize;

/// A form with a file answers an [`UploadReply`] without errcode. The same picture always has the same URL.
///
/// # Errors
///
/// Checked in this order: -1 too many uploads of the app are waiting; 45001 the request is too large; 41005 there is
/// no file; 40009 the file is empty or larger than a megabyte; 40113 the picture has another format; 40005 the file
/// is not a picture; 40009 there are too many pixels; 40137 the kind of JPEG is not supported; 40160 the picture is
/// damaged.
pub async fn handle(call: Call) -> Result<Answer> {
    let file = form::first_file(call.form()).await?;
    let state = &call.state;
    // First wait for the app's share, then for a place in the process: a second upload of the same app must not
    // occupy a place in the process while it waits.
    let turn = state.shares.wait(call.app_id()?, WorkKind::Picture).await?;
    let permit = state.pictures.clone().acquire_owned().await;
    let permit =
        permit.map_err(|error| Error::internal(format!("pictures are not taken any more: {error}")))?;
    // The work continues if the client disconnects, so the work owns its permits and the permits of the call.
    let held = call.permits();
    let rewritten = tokio::task::spawn_blocking(move || {
        let _permits = (turn, permit, held);
        picture::rewrite(&file)
    });
    // If the decoder panics, the picture cannot be decoded, and the same request would fail again.
    let picture = rewritten.await.unwrap_or_else(|error| match error.is_panic() {
        true => Err(limits::damaged("its content is invalid")),
        false => Err(Error::internal(format!("a picture was not read: {error}"))),
    })?;
    let app = call.app()?;
    let (id, digest, created_at) = (app.row.app.id, show::digest(&picture.bytes), state.clock.now());
    let url = show::url(&state.public_url, &app.row.appid, &digest, picture.kind);
    let media = Media { kind: picture.kind, bytes: picture.bytes, created_at };
    blocking(state, move |store| store.save_media(id, &digest, &media)).await?;
    Answer::bare(&UploadReply { url })
}

/// The reply of `/cgi-bin/media/uploadimg`.
#[derive(Debug, Serialize)]
struct UploadReply {
    /// The URL of the picture.
    url: String,
}
