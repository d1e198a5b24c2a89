//! `POST /kaquan/v1/upstream/set`: sets the original host of the app. Secrets are stored encrypted and never shown.

use crate::gateway::{CardMessage, UpstreamChange, UpstreamView};
use crate::http::params::Params;
use crate::http::{Answer, Call};
use crate::native::callback::set::named;
use kaquan_core::error::{ErrCode, Error, Result};

/// `{"url"?, "appid"?, "secret"?, "token_url"?, "allow"?, "refuse"?, "wxcard"?, "timeout_secs"?}`. Missing members are not
/// changed. Returns an [`UpstreamView`].
///
/// # Errors
///
/// 48001 if the server has no key for secrets; 41011, 45021 or 40097 for missing or malformed members.
pub async fn handle(call: Call) -> Result<Answer> {
    let change = read(call.params())?;
    let app = call.app()?;
    let (settings, secrets) = call.state.gateway.changed(app, change).await?;
    call.state.gateway.set(app, &settings, &secrets).await?;
    Answer::with(&UpstreamView::of(&settings, &secrets))
}

fn read(params: Params<'_>) -> Result<UpstreamChange> {
    let timeout_secs = params.int("timeout_secs")?;
    let negative = |_| Error::field(ErrCode::InvalidArgs, "timeout_secs", "must be 1 to 60");
    Ok(UpstreamChange {
        url: params.text("url")?,
        appid: params.text("appid")?,
        secret: params.text("secret")?,
        token_url: params.text("token_url")?,
        allow: prefixes(params, "allow")?,
        refuse: prefixes(params, "refuse")?,
        wxcard: named(params, "wxcard", CardMessage::from_name, CardMessage::ALL.iter().map(|it| it.name()))?,
        timeout_secs: timeout_secs.map(u64::try_from).transpose().map_err(negative)?,
    })
}

/// A list of texts; `None` if it is missing. An empty list replaces the stored list.
fn prefixes(params: Params<'_>, key: &str) -> Result<Option<Vec<String>>> {
    let wrong = || Error::field(ErrCode::DataFormat, key, "must be a list of texts");
    let Some(value) = params.value(key) else { return Ok(None) };
    let texts = value.as_array().ok_or_else(wrong)?.iter();
    texts.map(|text| text.as_str().map(str::to_owned).ok_or_else(wrong)).collect::<Result<_>>().map(Some)
}
