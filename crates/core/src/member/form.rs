//! The activation form of a member card that becomes active when the holder submits it (一键激活). It has the questions,
//! which of them are required, and which answers can be changed later. It is a record of the card and is replaced as
//! a whole.
//!
//! WeChat manual: "创建会员卡" (member cards), one-tap activation.

use crate::card::Object;
use crate::engine::{Record, RecordKey, RecordKind};
use crate::error::{ErrCode, Error, Result};
use crate::id::CardNo;
use crate::value::{check_link, control_char, flag, given, is_empty_list, not_a_text, to_text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The prefix of all of WeChat's own fields.
const PREFIX: &str = "USER_FORM_INFO_FLAG_";
/// WeChat's own fields, each with another spelling that is accepted.
const COMMON_FIELDS: &[(&str, &str)] = &[
    ("MOBILE", ""),
    ("SEX", ""),
    ("NAME", ""),
    ("BIRTHDAY", ""),
    ("IDCARD", ""),
    ("EMAIL", ""),
    ("LOCATION", "DETAIL_LOCATION"),
    ("EDUCATION_BACKGROUND", "EDUCATION_BACKGRO"),
    ("CAREER", ""),
    ("INDUSTRY", ""),
    ("INCOME", ""),
    ("HABIT", ""),
];

/// The largest number of the merchant's own fields in a form part.
const OWN_FIELDS_MAX: usize = 5;
/// The longest name of a link in bytes.
const LINK_NAME_MAX: usize = 32;
/// The longest URL in bytes.
const URL_MAX: usize = 128;
/// The longest name of a field or a choice, in bytes. The manual sets no limit.
const LABEL_MAX: usize = 128;
/// The largest number of choices of a field. The manual sets no limit.
const CHOICES_MAX: usize = 100;

/// The questions for a member card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemberForm {
    /// The terms of the membership.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_statement: Option<Link>,
    /// The page on which earlier members enter their number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind_old_card: Option<Link>,
    /// The required fields.
    #[serde(default)]
    pub required_form: FormPart,
    /// The optional fields.
    #[serde(default)]
    pub optional_form: FormPart,
}

impl Record for MemberForm {
    const KIND: RecordKind = RecordKind::MemberForm;
}

/// A link of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its label, at most 32 bytes.
    pub name: String,
    /// The URL, at most 128 bytes. Empty for terms of service that have only a name.
    pub url: String,
}

/// A part of a form: the required or the optional fields.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FormPart {
    /// Whether members can change the answers later.
    pub can_modify: bool,
    /// The merchant's own fields with choices.
    pub rich_field_list: Vec<RichField>,
    /// WeChat's own fields.
    pub common_field_id_list: Vec<String>,
    /// The merchant's own text fields, by name.
    pub custom_field_list: Vec<String>,
}

/// A field with choices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RichField {
    /// How many choices can be selected.
    #[serde(rename = "type")]
    pub kind: RichKind,
    /// The field's name.
    pub name: String,
    /// The choices.
    pub values: Vec<String>,
}

/// How many choices of a field can be selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RichKind {
    /// One; all choices are visible.
    #[serde(rename = "FORM_FIELD_RADIO")]
    Radio,
    /// One, from a list.
    #[serde(rename = "FORM_FIELD_SELECT")]
    Select,
    /// Any number.
    #[serde(rename = "FORM_FIELD_CHECK_BOX")]
    CheckBox,
}

impl RichKind {
    fn from_wire(name: &str) -> Option<RichKind> {
        match name {
            "FORM_FIELD_RADIO" => Some(RichKind::Radio),
            "FORM_FIELD_SELECT" => Some(RichKind::Select),
            "FORM_FIELD_CHECK_BOX" => Some(RichKind::CheckBox),
            _ => None,
        }
    }
}

/// The record key of this card's form.
pub fn form_key(card: CardNo) -> RecordKey {
    RecordKey::numbered::<MemberForm>(card.0)
}

/// The standard spelling of the name of one of WeChat's own fields.
pub fn common_field(name: &str) -> Option<String> {
    let bare = name.strip_prefix(PREFIX)?;
    let (proper, _) = COMMON_FIELDS
        .iter()
        .find(|(proper, other)| *proper == bare || (!other.is_empty() && *other == bare))?;
    Some(format!("{PREFIX}{proper}"))
}

impl MemberForm {
    /// Reads a form from a request. `card_id` is ignored.
    ///
    /// # Errors
    ///
    /// 47001 an unknown key or a value of the wrong JSON type; 41011 a link or a field with missing parts; 45021 a
    /// text that is too long; 40097 a field that WeChat does not have, an unknown kind of field, too many choices, or
    /// two fields with the same name; 40124 more than five own fields in a part.
    pub fn read(request: &Object) -> Result<MemberForm> {
        let mut form = MemberForm::default();
        for (key, value) in request.iter().filter(|(_, value)| !is_absent(value)) {
            match key.as_str() {
                "card_id" => {}
                "service_statement" => form.service_statement = Some(link(key, value)?),
                "bind_old_card" => form.bind_old_card = Some(link(key, value)?),
                "required_form" => form.required_form = part(key, value)?,
                "optional_form" => form.optional_form = part(key, value)?,
                _ => return Err(Error::key(&[key], "is no part of a form")),
            }
        }
        form.check_names()?;
        Ok(form)
    }

    /// The two parts, each with whether it is required. The required part comes first.
    pub fn parts(&self) -> [(&FormPart, bool); 2] {
        [(&self.required_form, true), (&self.optional_form, false)]
    }

    /// Whether any answer can be changed later.
    pub fn can_modify(&self) -> bool {
        self.parts().iter().any(|(part, _)| part.can_modify && !part.is_empty())
    }

    /// Answers refer to fields by name, so two fields must not have the same name.
    fn check_names(&self) -> Result<()> {
        let names: Vec<&str> = self.parts().iter().flat_map(|(part, _)| part.own_names()).collect();
        match names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            Some((_, name)) => {
                Err(Error::field(ErrCode::InvalidArgs, "custom_field_list", format!("{name:?} occurs twice")))
            }
            None => Ok(()),
        }
    }
}

impl FormPart {
    fn is_empty(&self) -> bool {
        self.common_field_id_list.is_empty() && self.own_names().next().is_none()
    }

    fn own_names(&self) -> impl Iterator<Item = &str> {
        let rich = self.rich_field_list.iter().map(|field| field.name.as_str());
        rich.chain(self.custom_field_list.iter().map(String::as_str))
    }
}

/// Clients send `null` or `""` for a missing value. PHP writes an empty object as `[]`.
fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("") || is_empty_list(value)
}

fn object<'a>(path: &[&str], value: &'a Value) -> Result<&'a Object> {
    value.as_object().ok_or_else(|| Error::key(path, "must be an object"))
}

fn link(key: &str, value: &Value) -> Result<Link> {
    let link = object(&[key], value)?;
    if let Some(other) = link.keys().find(|other| !["name", "url"].contains(&other.as_str())) {
        return Err(Error::key(&[key, other], "is no part of a link"));
    }
    let member = |member: &str, max: usize| match given(link, member).filter(|value| !is_absent(value)) {
        Some(value) => text(&format!("{key}.{member}"), value, max),
        None => Err(Error::missing(format!("m_data.{key}().{member}"))),
    };
    let name = member("name", LINK_NAME_MAX)?;
    let url = match member("url", URL_MAX) {
        Err(error) if key == "service_statement" && error.code == ErrCode::MissingFields => String::new(),
        url => url?,
    };
    let link = Link { name, url };
    check_link(&format!("{key}.url"), &link.url)?;
    Ok(link)
}

fn part(key: &str, value: &Value) -> Result<FormPart> {
    let mut part = FormPart::default();
    for (member, value) in object(&[key], value)?.iter().filter(|(_, value)| !is_absent(value)) {
        let path = format!("{key}.{member}");
        match member.as_str() {
            "can_modify" => {
                part.can_modify = flag(value)
                    .ok_or_else(|| Error::field(ErrCode::DataFormat, path, "must be true or false"))?;
            }
            "common_field_id_list" => {
                let ids = list(&path, value)?.iter().map(|id| common_id(&path, id));
                part.common_field_id_list = ids.collect::<Result<_>>()?;
                let mut seen = Vec::new();
                part.common_field_id_list.retain(|id| match seen.contains(id) {
                    true => false,
                    false => {
                        seen.push(id.clone());
                        true
                    }
                });
            }
            "rich_field_list" => {
                let fields = list(&path, value)?.iter().map(|field| rich_field(key, field));
                part.rich_field_list = fields.collect::<Result<_>>()?;
            }
            "custom_field_list" => {
                let names = list(&path, value)?.iter().map(|name| label(&path, name));
                part.custom_field_list = names.collect::<Result<_>>()?;
            }
            _ => return Err(Error::key(&[key, member], "is no part of a form")),
        }
    }
    let own = part.own_names().count();
    if own > OWN_FIELDS_MAX {
        let reason = format!("{own} own fields, at most {OWN_FIELDS_MAX}");
        return Err(Error::field(ErrCode::TooManyCustomFields, key, reason));
    }
    Ok(part)
}

fn rich_field(part: &str, value: &Value) -> Result<RichField> {
    const LIST: &str = "rich_field_list";
    let field = object(&[part, LIST], value)?;
    if let Some(other) = field.keys().find(|key| !["type", "name", "values"].contains(&key.as_str())) {
        return Err(Error::key(&[part, LIST, other], "is no part of a field"));
    }
    let member = |member: &str| {
        given(field, member)
            .filter(|value| !is_absent(value))
            .ok_or_else(|| Error::missing(format!("m_data.{part}().{LIST}().{member}")))
    };
    let kind = member("type")?;
    let kind = kind.as_str().and_then(RichKind::from_wire).ok_or_else(|| {
        Error::field(
            ErrCode::InvalidArgs,
            format!("{part}.{LIST}.type"),
            format!("{kind} is no kind of field"),
        )
    })?;
    let name = label(&format!("{part}.{LIST}.name"), member("name")?)?;
    let path = format!("{part}.{LIST}.values");
    let values = list(&path, member("values")?)?.iter().map(|value| label(&path, value));
    let values: Vec<String> = values.collect::<Result<_>>()?;
    if values.is_empty() {
        return Err(Error::missing(format!("m_data.{part}().{LIST}().values")));
    }
    if values.len() > CHOICES_MAX {
        let reason = format!("{} choices, at most {CHOICES_MAX}", values.len());
        return Err(Error::field(ErrCode::InvalidArgs, path, reason));
    }
    Ok(RichField { kind, name, values })
}

fn common_id(path: &str, value: &Value) -> Result<String> {
    let name = value.as_str().ok_or_else(|| Error::field(ErrCode::DataFormat, path, "must be texts"))?;
    common_field(name)
        .ok_or_else(|| Error::field(ErrCode::InvalidArgs, path, format!("{name:?} is no field of WeChat's")))
}

fn list<'a>(path: &str, value: &'a Value) -> Result<&'a [Value]> {
    match value.as_array() {
        Some(entries) => Ok(entries),
        None => Err(Error::field(ErrCode::DataFormat, path, "must be a list")),
    }
}

/// The name of a field or of a choice.
fn label(path: &str, value: &Value) -> Result<String> {
    match text(path, value, LABEL_MAX)? {
        label if label.is_empty() => Err(Error::field(ErrCode::InvalidArgs, path, "one of them is empty")),
        label => Ok(label),
    }
}

pub(super) fn text(path: &str, value: &Value, max: usize) -> Result<String> {
    let text = to_text(value).ok_or_else(|| Error::field(ErrCode::DataFormat, path, not_a_text(value)))?;
    if control_char(&text).is_some() {
        return Err(Error::field(ErrCode::DataFormat, path, "has a control character"));
    }
    match text.len() > max {
        true => {
            let reason = format!("{} bytes, at most {max}", text.len());
            Err(Error::field(ErrCode::OutOfLengthLimit, path, reason))
        }
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{object, refusal};
    use serde_json::json;

    fn read(value: Value) -> Result<MemberForm> {
        MemberForm::read(&object(value))
    }

    fn rich(name: &str) -> Value {
        json!({"type": "FORM_FIELD_RADIO", "name": name, "values": ["a", "b"]})
    }

    #[test]
    fn both_spellings_of_a_field_are_taken_and_the_proper_one_is_kept() {
        let form = read(json!({"required_form": {"common_field_id_list": [
            "USER_FORM_INFO_FLAG_DETAIL_LOCATION", "USER_FORM_INFO_FLAG_LOCATION",
            "USER_FORM_INFO_FLAG_EDUCATION_BACKGRO", "USER_FORM_INFO_FLAG_MOBILE",
        ]}}))
        .expect("a form");
        let expected = ["LOCATION", "EDUCATION_BACKGROUND", "MOBILE"].map(|id| format!("{PREFIX}{id}"));
        assert_eq!(form.required_form.common_field_id_list, expected);
    }

    #[test]
    fn a_form_is_kept_as_it_was_read() {
        let form = read(json!({
            "card_id": "p1", "bind_old_card": null, "optional_form": "",
            "service_statement": {"name": "会员守则", "url": "https://a"},
            "required_form": {"can_modify": "true", "rich_field_list": [rich("兴趣")], "custom_field_list": ["电影"]},
        }))
        .expect("a form");
        let stored = serde_json::to_string(&form).expect("JSON");
        assert_eq!(serde_json::from_str::<MemberForm>(&stored).expect("a form"), form);
        assert!(form.can_modify() && form.bind_old_card.is_none());
    }

    #[test]
    fn terms_of_service_may_have_only_a_name() {
        let form =
            read(json!({"service_statement": {"name": "会员守则"}, "required_form": []})).expect("a form");
        let link = Link { name: "会员守则".into(), url: String::new() };
        assert_eq!((form.service_statement, form.required_form), (Some(link), FormPart::default()));
    }

    #[test]
    fn each_mistake_in_a_form_has_its_own_errcode() {
        let part = |part: Value| json!({"optional_form": part});
        let six: Vec<String> = (0..6).map(|i| i.to_string()).collect();
        for (request, expected) in [
            (json!({"reqiured_form": {}}), ErrCode::DataFormat),
            (part(json!({"field_list": [1]})), ErrCode::DataFormat),
            (part(json!([1])), ErrCode::DataFormat),
            (part(json!({"can_modify": 5})), ErrCode::DataFormat),
            (part(json!({"common_field_id_list": "USER_FORM_INFO_FLAG_SEX"})), ErrCode::DataFormat),
            (part(json!({"common_field_id_list": ["USER_FORM_INFO_FLAG_SHOE"]})), ErrCode::InvalidArgs),
            (part(json!({"common_field_id_list": ["SEX"]})), ErrCode::InvalidArgs),
            (part(json!({"custom_field_list": six})), ErrCode::TooManyCustomFields),
            (
                part(json!({"custom_field_list": six[..5], "rich_field_list": [rich("x")]})),
                ErrCode::TooManyCustomFields,
            ),
            (part(json!({"custom_field_list": ["x"], "rich_field_list": [rich("x")]})), ErrCode::InvalidArgs),
            (part(json!({"custom_field_list": [""]})), ErrCode::InvalidArgs),
            (part(json!({"custom_field_list": ["x".repeat(129)]})), ErrCode::OutOfLengthLimit),
            (
                part(json!({"rich_field_list": [{"type": "FORM_FIELD_TEXT", "name": "x", "values": ["a"]}]})),
                ErrCode::InvalidArgs,
            ),
            (
                part(json!({"rich_field_list": [{"type": "FORM_FIELD_RADIO", "name": "x", "values": []}]})),
                ErrCode::MissingFields,
            ),
            (
                part(json!({"rich_field_list": [{"type": "FORM_FIELD_RADIO", "values": ["a"]}]})),
                ErrCode::MissingFields,
            ),
            (part(json!({"rich_field_list": [{"kind": "FORM_FIELD_RADIO"}]})), ErrCode::DataFormat),
            (json!({"bind_old_card": {"name": "x"}}), ErrCode::MissingFields),
            (
                json!({"bind_old_card": {"name": "x".repeat(33), "url": "http://a"}}),
                ErrCode::OutOfLengthLimit,
            ),
            (json!({"bind_old_card": {"name": "x", "url": "x".repeat(129)}}), ErrCode::OutOfLengthLimit),
            (json!({"bind_old_card": {"name": "x", "link": "http://a"}}), ErrCode::DataFormat),
        ] {
            assert_eq!(refusal(read(request.clone())), Some(expected), "{request}");
        }
        assert_eq!(refusal(read(part(json!({"custom_field_list": six[..5]})))), None);
    }
}
