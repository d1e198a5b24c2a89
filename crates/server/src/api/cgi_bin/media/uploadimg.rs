//! `POST /cgi-bin/media/uploadimg`: takes a picture for logos, stores and pages. It is decoded and written anew, so that
//! what is shown to holders is a picture and nothing else. WeChat manual: "上传图片接口" (upload a picture).

use crate::http::{Answer, Call};
use crate::media::{form, limits, picture, show};
use crate::state::blocking;
use kaquan_core::error::{Error, Result};
use kaquan_store::Media;
use serde_json::json;

/// A form with a file answers `{"url"}` and no errcode. The same picture has the same address.
///
/// Errors, in this order: 45001 a request that is too large; 41005 no file in it; 40009 a file that is empty or larger
/// than a megabyte; 40113 a picture of another format; 40005 no picture; 40009 too many pixels; 40137 a kind of JPEG
/// that is not read; 40160 a damaged picture.
pub async fn handle(call: Call) -> Result<Answer> {
    let file = form::first_file(call.form()).await?;
    let state = &call.state;
    let permit = state.pictures.clone().acquire_owned().await;
    let permit =
        permit.map_err(|error| Error::internal(format!("pictures are not taken any more: {error}")))?;
    // The work goes on if the caller leaves, so the permit goes with the work.
    let rewritten = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        picture::rewrite(&file)
    });
    // A decoder that panics has met a picture that cannot be decoded: the same request would fail again.
    let picture = rewritten.await.unwrap_or_else(|error| match error.is_panic() {
        true => Err(limits::damaged("its content is invalid")),
        false => Err(Error::internal(format!("a picture was not read: {error}"))),
    })?;
    let app = call.app()?;
    let (id, digest, created_at) = (app.row.app.id, show::digest(&picture.bytes), state.clock.now());
    let url = show::url(&state.public_url, &app.row.appid, &digest, picture.kind);
    let media = Media { kind: picture.kind, bytes: picture.bytes, created_at };
    blocking(state, move |store| store.save_media(id, &digest, &media)).await?;
    Ok(Answer::Bare(json!({"url": url})))
}
