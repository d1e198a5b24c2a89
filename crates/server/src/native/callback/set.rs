//! `POST /kaquan/v1/callback/set`: sets the URL that receives the app's events. The receiver must pass the handshake
//! first.

use crate::http::params::Params;
use crate::http::{Answer, Call};
use crate::push::settings::{self, CallbackChange};
use crate::push::{event_view, json};
use crate::state::blocking;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_store::{PushMode, PushPolicy};

/// `{"url"?, "mode"?, "token"?, "encoding_aes_key"?, "policy"?, "original_id"?, "secret"?}`. Missing members are not
/// changed. Returns a [`CallbackView`](event_view::CallbackView); in mode `json` it includes the secret.
pub async fn handle(call: Call) -> Result<Answer> {
    let wanted = read(call.params())?;
    let (app, now) = (call.app()?, call.state.clock.now());
    let id = app.row.app.id;
    let before = blocking(&call.state, move |store| store.callback(id)).await?;
    let callback = wanted.callback(&app.row, before, now)?;
    settings::verify(&call.state.push.client, &callback, &app.row.appid, now).await?;
    let set = callback.clone();
    let cursor = blocking(&call.state, move |store| {
        store.set_callback(&set)?;
        store.push_cursor(id)
    });
    let cursor = cursor.await?;
    call.state.push.wake();
    let mut reply = event_view::callback(&callback, cursor.as_ref());
    reply.secret = (callback.mode == PushMode::Json).then(|| json::secret_text(&callback.secret));
    Answer::with(&reply)
}

fn read(params: Params<'_>) -> Result<CallbackChange> {
    Ok(CallbackChange {
        url: params.text("url")?,
        mode: named(params, "mode", PushMode::from_name, PushMode::ALL.iter().map(|mode| mode.name()))?,
        token: params.text("token")?,
        encoding_aes_key: params.text("encoding_aes_key")?,
        policy: named(
            params,
            "policy",
            PushPolicy::from_name,
            PushPolicy::ALL.iter().map(|policy| policy.name()),
        )?,
        original_id: params.text("original_id")?,
        secret: params.text("secret")?,
    })
}

/// Reads a member whose value is one of a few names.
///
/// # Errors
///
/// 40097 for any other name.
pub(crate) fn named<T>(
    params: Params<'_>,
    key: &str,
    from_name: impl FnOnce(&str) -> Option<T>,
    names: impl Iterator<Item = &'static str>,
) -> Result<Option<T>> {
    let Some(text) = params.text(key)? else { return Ok(None) };
    let unknown = || {
        let names = names.collect::<Vec<_>>().join(", ");
        Error::field(ErrCode::InvalidArgs, key, format!("{text:?} is none of {names}"))
    };
    from_name(&text).map(Some).ok_or_else(unknown)
}
