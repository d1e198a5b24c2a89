//! The forms for the rules of an app, and for its secret.

use super::note;
use super::page::{Texts, page};
use crate::auth::secret;
use crate::console::Visit;
use crate::pages::{Fields, PageResult};
use crate::state::blocking;
use kaquan_core::app::{App, RETURN_WINDOW_MAX_SECS, ReviewPolicy};
use kaquan_core::error::{ErrCode, Error, Result};
use serde_json::{Value, json};

/// The longest time until an unaccepted gift ends, in seconds: a year.
const GIFT_TIMEOUT_MAX_SECS: i64 = 31_536_000;

/// Sets how cards are reviewed, and the time limits.
pub async fn rules(visit: Visit, form: Fields) -> PageResult {
    let before = visit.row.app.clone();
    match read(&before, &form) {
        Ok(after) => {
            note(&visit, "app_rules", &visit.row.appid, shown(&before), shown(&after)).await?;
            blocking(&visit.state, move |store| store.set_app(&after)).await?;
            visit.go("settings?done=rules")
        }
        Err(error) => visit.refused(&page(&visit, Some(&error)).await?),
    }
}

fn read(before: &App, form: &Fields) -> Result<App> {
    let secs = |key: &str, least: i64, max: i64| {
        form.int(key).filter(|secs| (least..=max).contains(secs)).ok_or_else(|| {
            Error::field(ErrCode::InvalidArgs, key, format!("must be {least} to {max} seconds"))
        })
    };
    let review = form.get("review").and_then(ReviewPolicy::from_name);
    Ok(App {
        id: before.id,
        review: review.unwrap_or(before.review),
        gift_timeout_secs: secs("gift_timeout_secs", 1, GIFT_TIMEOUT_MAX_SECS)?,
        return_window_secs: secs("return_window_secs", 0, RETURN_WINDOW_MAX_SECS)?,
    })
}

fn shown(app: &App) -> Value {
    json!({
        "review": app.review.name(),
        "gift_timeout_secs": app.gift_timeout_secs,
        "return_window_secs": app.return_window_secs,
    })
}

/// Creates a new secret and shows it once.
pub async fn rotate(visit: Visit, form: Fields) -> PageResult {
    if !form.ticked("sure") {
        return visit.go("settings#secret");
    }
    let fresh = secret::fresh_secret()?;
    let digest = secret::digest(&fresh);
    note(&visit, "app_secret", &visit.row.appid, Value::Null, Value::Null).await?;
    let app = visit.app_id();
    blocking(&visit.state, move |store| store.set_secret(app, &digest)).await?;
    let mut page = page(&visit, None).await?;
    page.once = Some((Texts::of(visit.lang).new_secret, fresh));
    visit.page(&page)
}
