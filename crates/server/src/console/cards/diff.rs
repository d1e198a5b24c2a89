//! The page that previews a change. It shows each changed field before and after, and whether the card goes back to
//! review.

use super::document_mark;
use crate::console::{Frame, Visit};
use crate::pages::card_view::base_text;
use crate::pages::texts;
use askama::Template;
use kaquan_core::app::ReviewPolicy;
use kaquan_core::card::{Card, Object};
use serde_json::Value;

/// A changed field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The path of the field.
    pub field: String,
    /// The value before the change.
    pub before: String,
    /// The value after the change.
    pub after: String,
    /// Whether this field sends the card back to review.
    pub review: bool,
}

impl Line {
    /// The lines from the reply of [`kaquan_core::card::PreviewUpdate`].
    pub fn of_preview(preview: &Value) -> Vec<Line> {
        let fields = preview["fields"].as_array().map_or(&[][..], Vec::as_slice);
        let line = |field: &Value| Line {
            field: field["field"].as_str().unwrap_or_default().to_owned(),
            before: shown(&field["before"]),
            after: shown(&field["after"]),
            review: field["review"] == Value::Bool(true),
        };
        let changed = fields.iter().filter(|field| field["changed"] == Value::Bool(true));
        changed.map(line).collect()
    }

    /// The lines between two documents. A field may be in only one of them.
    pub fn between(before: &Value, after: &Value) -> Vec<Line> {
        let mut lines = Vec::new();
        compare(&mut lines, String::new(), before, after);
        lines
    }
}

fn compare(lines: &mut Vec<Line>, path: String, before: &Value, after: &Value) {
    match (before.as_object(), after.as_object()) {
        (Some(was), Some(is)) => {
            let added = is.keys().filter(|key| !was.contains_key(*key));
            for key in was.keys().chain(added) {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let none = Value::Null;
                compare(lines, path, was.get(key).unwrap_or(&none), is.get(key).unwrap_or(&none));
            }
        }
        _ if before == after => {}
        _ => lines.push(Line { field: path, before: shown(before), after: shown(after), review: false }),
    }
}

/// A value as text for people.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// The preview of a change that is not saved yet.
#[derive(Template)]
#[template(path = "console/cards/diff.html")]
pub struct DiffPage {
    frame: Frame,
    t: &'static Texts,
    lines: Vec<Line>,
    send_check: bool,
    /// Whether the app approves every card at once.
    passes: bool,
    action: String,
    back: String,
    patch: String,
    /// The mark of the card's document.
    seen: String,
}

impl DiffPage {
    /// The preview of this patch of a card.
    pub fn new(visit: &Visit, card: &Card, preview: &Value, lines: Vec<Line>, patch: &Object) -> DiffPage {
        let t = Texts::of(visit.lang);
        let title = format!("{} · {}", base_text(&card.section, "title"), t.title);
        DiffPage {
            frame: visit.frame(title, "cards"),
            t,
            lines,
            send_check: preview["send_check"] == Value::Bool(true),
            passes: visit.row.app.review == ReviewPolicy::Auto,
            action: visit.url(&format!("cards/{}/save", card.id)),
            back: visit.url(&format!("cards/{}/edit", card.id)),
            patch: Value::from(patch.clone()).to_string(),
            seen: document_mark(card),
        }
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Changes", "改动";
        field: "Field", "字段";
        before: "Before", "修改前";
        after: "After", "修改后";
        review: "review", "需审核";
        goes: "This sends the card back to review. Until it passes, the card cannot be claimed.", "保存后卡券将重新审核，通过前无法领取。";
        passes: "This needs a review, which every card of this app passes at once.", "此改动需要审核，本应用的卡券自动通过。";
        at_once: "This takes effect at once, without review.", "保存后立即生效，无需审核。";
        save: "Save", "保存";
        back: "Start again", "重新修改";
    }
}
