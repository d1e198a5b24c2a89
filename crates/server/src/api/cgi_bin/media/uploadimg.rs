//! `POST /cgi-bin/media/uploadimg`: takes a picture for logos, stores and pages. It is decoded and encoded again, so
//! that holders are shown a picture and nothing else. WeChat manual: "上传图片接口" (upload a picture).

use crate::fair::Work;
use crate::http::{Answer, Call};
use crate::media::{form, picture, show};
use crate::state::blocking;
use kaquan_core::error::{Error, Result};
use kaquan_store::Media;
use serde::Serialize;

/// A form with a file answers an [`UploadReply`] without errcode. The same picture has the same address.
///
/// # Errors
///
/// In this order: -1 too many uploads of the app are waiting; 45001 a request that is too large; 41005 no file in it;
/// 40009 an empty file, or one of more than a megabyte; 40113 a picture of another format; 40005 not a picture; 40009
/// too many pixels; 40137 an unsupported kind of JPEG; 40160 a damaged picture.
pub async fn handle(call: Call) -> Result<Answer> {
    let file = form::first_file(call.form()).await?;
    let state = &call.state;
    // The app's share comes before the places of the process, which its other uploads must not queue for.
    let turn = state.shares.wait(call.app_id()?, Work::Picture).await?;
    let permit = state.pictures.clone().acquire_owned().await;
    let permit =
        permit.map_err(|error| Error::internal(format!("pictures are not taken any more: {error}")))?;
    // The work continues if the client disconnects, so it owns both permits.
    let rewritten = tokio::task::spawn_blocking(move || {
        let _permits = (turn, permit);
        picture::rewrite(&file)
    });
    // A panic of the decoder means an undecodable picture: the same request would fail again.
    let picture = rewritten.await.unwrap_or_else(|error| match error.is_panic() {
        true => Err(picture::damaged("its content is invalid")),
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
    /// The address of the picture.
    url: String,
}
