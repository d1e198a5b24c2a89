//! Previews an update: `POST /kaquan/v1/card/update/preview`. Nothing is written. Each field of the request is tried
//! alone, and then all of them together. Each try runs the update itself, so the preview cannot differ from it.
//! Native API: WeChat shows the effect only after the update.

use super::update::{UpdateCard, UpdateOutcome};
use super::{Card, Object};
use crate::engine::{Command, Keys, Query, WorkingSet};
use crate::error::{Detail, Error, Result};
use crate::id::CardId;
use crate::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Finds out which fields an update would change, which of them would send the card back to review, and which would
/// be refused.
///
/// # Errors
///
/// 40073 unknown card. Other faults are part of the reply.
#[derive(Debug, Clone, PartialEq)]
pub struct PreviewUpdate(pub UpdateCard);

impl Query for PreviewUpdate {
    type Reply = UpdatePreview;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.0.reads(ws, keys);
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<UpdatePreview> {
        let UpdateCard { card_id, patch } = &self.0;
        let before = ws.existing_card(card_id)?.clone();
        let mut fields = Vec::new();
        for (field, patch) in single_patches(&before, patch) {
            match tried(ws, card_id, patch, now) {
                Ok((updated, after)) => add_changes(&mut fields, &field, updated, changes(&before, &after)),
                Err(error) => {
                    let (errcode, errmsg) = (error.code.number(), errmsg(&error));
                    fields.push(FieldPreview::Refused { field, errcode, errmsg });
                }
            }
        }
        let whole = tried(ws, card_id, patch.clone(), now);
        Ok(UpdatePreview {
            accepted: whole.is_ok(),
            send_check: whole.as_ref().is_ok_and(|(updated, _)| updated.send_check),
            status: before.status.wire(),
            status_after: whole.as_ref().ok().map(|(_, after)| after.status.wire()),
            refusal: whole.as_ref().err().map(UpdateRefusal::from),
            fields,
        })
    }
}

/// The effect of an update; the reply of `/kaquan/v1/card/update/preview`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpdatePreview {
    /// Whether the update would succeed.
    pub accepted: bool,
    /// Whether the update would send the card back to review.
    pub send_check: bool,
    /// The status of the card now.
    pub status: &'static str,
    /// The status of the card after the update; only if the update would succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_after: Option<&'static str>,
    /// Why the update would be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<UpdateRefusal>,
    /// Every field in the request, and every field that changes together with one of them.
    pub fields: Vec<FieldPreview>,
}

/// Why an update would be refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpdateRefusal {
    /// The errcode.
    pub errcode: i32,
    /// The text of the errcode and the reason.
    pub errmsg: String,
}

/// The effect of an update on a field, named by its path such as `base_info.notice`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FieldPreview {
    /// The value stays the same.
    Same {
        /// The path.
        field: String,
        /// Always false.
        changed: bool,
        /// Whether the field sends the card back to review.
        review: bool,
    },
    /// The value changes.
    Changed {
        /// The path.
        field: String,
        /// Always true.
        changed: bool,
        /// The value now; `null` if there is none.
        before: Value,
        /// The value after the update; `null` if there is none.
        after: Value,
        /// Whether the field sends the card back to review.
        review: bool,
    },
    /// The update refuses the field.
    Refused {
        /// The path.
        field: String,
        /// The errcode.
        errcode: i32,
        /// The text of the errcode and the reason.
        errmsg: String,
    },
}

/// Runs the update on a copy of the rows.
fn tried(ws: &WorkingSet, card_id: &CardId, patch: Object, now: Timestamp) -> Result<(UpdateOutcome, Card)> {
    let mut ws = ws.clone();
    let updated = UpdateCard { card_id: card_id.clone(), patch }.apply(&mut ws, now)?;
    Ok((updated, ws.existing_card(card_id)?.clone()))
}

/// Splits the patch into single fields with their paths. In the card's own section each field is separate; any other
/// key is one field.
fn single_patches(card: &Card, patch: &Object) -> Vec<(String, Object)> {
    let own = card.card_type.key();
    let alone = |key: &str, value: Value| Object::from_iter([(key.to_owned(), value)]);
    let mut singles = Vec::new();
    for (key, value) in patch.iter().filter(|(key, value)| *key != "card_id" && !value.is_null()) {
        match value.as_object() {
            Some(section) if key == own => {
                for (key, value) in section.iter().filter(|(_, value)| !value.is_null()) {
                    match value.as_object() {
                        Some(base) if key == "base_info" => {
                            for (key, value) in base.iter().filter(|(_, value)| !value.is_null()) {
                                let base = alone("base_info", alone(key, value.clone()).into());
                                singles.push((format!("base_info.{key}"), alone(own, base.into())));
                            }
                        }
                        _ => singles.push((key.clone(), alone(own, alone(key, value.clone()).into()))),
                    }
                }
            }
            _ => {
                // The section must be present, because otherwise the rest of the request is not checked.
                let mut patch = alone(own, Object::new().into());
                patch.insert(key.clone(), value.clone());
                singles.push((key.clone(), patch));
            }
        }
    }
    singles
}

/// Path, old value and new value of each difference in `card/get`; `null` if there is no value. The status and the
/// time of the update are left out.
fn changes(before: &Card, after: &Card) -> Vec<(String, Value, Value)> {
    let (before, after) = (shown(before), shown(after));
    let mut found = Vec::new();
    let added = after.keys().filter(|path| !before.contains_key(*path));
    for path in before.keys().chain(added) {
        let value = |fields: &Object| fields.get(path).cloned().unwrap_or_default();
        if value(&before) != value(&after) {
            found.push((path.clone(), value(&before), value(&after)));
        }
    }
    found
}

/// The fields of a card by path, as `card/get` answers them.
fn shown(card: &Card) -> Object {
    let document = card.to_json();
    let section = document.get(card.card_type.key()).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut fields = Object::new();
    for (key, value) in section {
        match value {
            Value::Object(base) if key == "base_info" => {
                let base = base.into_iter().filter(|(key, _)| key != "status" && key != "update_time");
                fields.extend(base.map(|(key, value)| (format!("base_info.{key}"), value)));
            }
            value => drop(fields.insert(key, value)),
        }
    }
    fields
}

/// Adds the field itself, even if its value stays the same, and the fields that change together with it.
fn add_changes(
    fields: &mut Vec<FieldPreview>,
    named: &str,
    updated: UpdateOutcome,
    changes: Vec<(String, Value, Value)>,
) {
    if !changes.iter().any(|(path, ..)| path == named) {
        let (field, review) = (named.to_owned(), updated.send_check);
        fields.push(FieldPreview::Same { field, changed: false, review });
    }
    for (path, before, after) in changes {
        let review = updated.send_check && path == named;
        fields.push(FieldPreview::Changed { field: path, changed: true, before, after, review });
    }
}

impl From<&Error> for UpdateRefusal {
    fn from(error: &Error) -> UpdateRefusal {
        UpdateRefusal { errcode: error.code.number(), errmsg: errmsg(error) }
    }
}

fn errmsg(error: &Error) -> String {
    let reason = match &error.detail {
        Detail::Field { field, reason } => format!("{field}: {reason}"),
        Detail::Key { path, reason } => format!("{}: {reason}", path.join(".")),
        Detail::Missing(accessor) => accessor.clone(),
        Detail::None | Detail::Changed | Detail::Internal(_) | Detail::Logged(_) => String::new(),
    };
    format!("{} {reason}", error.code.text()).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use serde_json::json;

    fn preview(card_id: &CardId, patch: Value) -> PreviewUpdate {
        PreviewUpdate(UpdateCard { card_id: card_id.clone(), patch: object(patch) })
    }

    fn base(base_info: Value) -> Value {
        json!({"groupon": {"base_info": base_info}})
    }

    #[test]
    fn a_preview_lists_changed_fields_and_fields_for_review() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"service_phone": "1"})));
        let patch = base(json!({"notice": "new", "service_phone": "1", "get_limit": 3}));
        let answer = json!(world.ask(preview(&card, patch)).expect("an answer"));
        let expected = json!({
            "accepted": true, "send_check": true,
            "status": "CARD_STATUS_VERIFY_OK", "status_after": "CARD_STATUS_VERIFY_OK",
            "fields": [
                {"field": "base_info.notice", "changed": true, "before": "notice", "after": "new", "review": true},
                {"field": "base_info.service_phone", "changed": false, "review": false},
                {"field": "base_info.get_limit", "changed": true, "before": null, "after": 3, "review": false},
            ],
        });
        assert_eq!(answer, expected);
    }

    #[test]
    fn a_preview_names_every_refused_field_and_lists_the_others() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"date_info": range(-100, 100)})));
        let mut patch = base(json!({"brand_name": "x", "date_info": range(0, 50), "color": "Color020"}));
        patch["gift"] = json!({});
        patch["groupon"]["deal_detail"] = json!("x");
        let answer = json!(world.ask(preview(&card, patch)).expect("an answer"));
        assert_eq!((&answer["accepted"], &answer["send_check"]), (&json!(false), &json!(false)));
        assert_eq!(answer["refusal"]["errcode"], 47001);
        let fields = answer["fields"].as_array().expect("a list");
        let rows: Vec<_> =
            fields.iter().map(|field| (field["field"].as_str(), field["errcode"].as_i64())).collect();
        assert_eq!(
            rows,
            [
                (Some("base_info.brand_name"), Some(47001)),
                (Some("base_info.date_info"), Some(40100)),
                (Some("base_info.color"), None),
                (Some("deal_detail"), Some(47001)),
                (Some("gift"), Some(47001)),
            ]
        );
    }

    #[test]
    fn a_preview_lists_fields_that_change_along_with_another() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"location_id_list": [1, 2]})));
        let answer =
            json!(world.ask(preview(&card, base(json!({"use_all_locations": true})))).expect("an answer"));
        let changed: Vec<_> =
            answer["fields"].as_array().into_iter().flatten().map(|field| field["field"].clone()).collect();
        assert_eq!(changed, ["base_info.location_id_list", "base_info.use_all_locations"]);
    }

    #[test]
    fn an_unknown_card_is_refused_and_a_deleted_one_is_reported() {
        let mut world = World::new();
        let nowhere = preview(&"pNowhere".into(), base(json!({})));
        assert_eq!(refusal(world.ask(nowhere)), Some(ErrCode::InvalidCardId));
        let card = world.create(groupon(json!({})));
        world.run(crate::card::DeleteCard { card_id: card.clone() }).expect("deleted");
        let answer = json!(world.ask(preview(&card, base(json!({"notice": "new"})))).expect("an answer"));
        assert_eq!(answer["refusal"]["errcode"], 40078);
    }
}
