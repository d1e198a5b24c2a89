//! The forms for the rules of an app, and for its secret.

use super::page::{Texts, not_done, page};
use crate::auth::secret;
use crate::console::Visit;
use crate::encoding::hex;
use crate::pages::once::{FormObject, mark};
use crate::pages::{Fields, Form, PageResult};
use kaquan_core::app::{App, RETURN_WINDOW_MAX_SECS, ReviewPolicy};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_store::{AppRow, SettingsChange};
use serde_json::{Value, json};

/// The longest time until an unaccepted gift ends, in seconds: a year.
const GIFT_TIMEOUT_MAX_SECS: i64 = 31_536_000;

/// Sets how cards are reviewed, and the time limits.
pub async fn rules(visit: Visit, form: Form) -> PageResult {
    let before = &visit.row.app;
    let after = match read(before, &form) {
        Ok(after) => after,
        Err(error) => return visit.refused(&page(&visit, Some(&error)).await?),
    };
    let audit = visit.audit("app_rules", &visit.row.appid, shown(before), shown(&after));
    let object = FormObject::marked("rules", rules_mark(before));
    let change = SettingsChange::Rules { was: before.clone(), app: after };
    if let Some(why) = visit.change(change, audit, &form, object).await?.not_done() {
        return not_done(&visit, why).await;
    }
    visit.go("settings?done=rules")
}

/// The mark of the rules of an app.
pub(super) fn rules_mark(app: &App) -> String {
    mark(&shown(app).to_string())
}

/// The mark of the secret of an app.
pub(super) fn secret_mark(row: &AppRow) -> String {
    mark(&hex(&row.secret_digest))
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
pub async fn rotate(visit: Visit, form: Form) -> PageResult {
    if !form.ticked("sure") {
        return visit.go("settings#secret");
    }
    let fresh = secret::fresh_secret()?;
    let digest = secret::digest(&fresh);
    let audit = visit.audit("app_secret", &visit.row.appid, Value::Null, Value::Null);
    let object = FormObject::marked("secret", secret_mark(&visit.row));
    let change = SettingsChange::Secret { was: visit.row.secret_digest, digest };
    if let Some(why) = visit.change(change, audit, &form, object).await?.not_done() {
        return not_done(&visit, why).await;
    }
    let mut page = page(&visit, None).await?;
    page.once = Some((Texts::of(visit.lang).new_secret, fresh));
    visit.page(&page)
}
