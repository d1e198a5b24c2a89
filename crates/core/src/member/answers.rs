//! The answers in a member's activation form: they are read from a request, checked against the card's form, and
//! stored in the form of `user_info`. WeChat manual: "管理会员卡" (manage member cards), query member information.

use super::form::{FormPart, MemberForm, RichField, RichKind, common_field, text};
use crate::card::Object;
use crate::engine::{Record, RecordKey, RecordKind};
use crate::error::{ErrCode, Error, Result};
use crate::id::CodeSeq;
use crate::value::given;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;

/// The longest answer in bytes.
const ANSWER_MAX: usize = 512;
/// The largest number of answers in a request, over all fields.
const ANSWERS_MAX: usize = 100;
/// WeChat's own field for the sex.
const SEX: &str = "USER_FORM_INFO_FLAG_SEX";

/// The answers in a form. Clients need both lists, and `value_list` in every custom field.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemberInfo {
    /// Answers to WeChat's own fields.
    pub common_field_list: Vec<CommonAnswer>,
    /// Answers to the merchant's own fields.
    pub custom_field_list: Vec<OwnAnswer>,
}

/// The answer to one of WeChat's own fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommonAnswer {
    /// The name of the field.
    pub name: String,
    /// The answer.
    pub value: String,
}

/// The answer to one of the merchant's own fields.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OwnAnswer {
    /// The name of the field.
    pub name: String,
    /// The answer; empty for checkboxes.
    pub value: String,
    /// The checked choices.
    pub value_list: Vec<String>,
}

impl Record for MemberInfo {
    const KIND: RecordKind = RecordKind::MemberInfo;
}

/// The record key of this member's answers.
pub fn info_key(code: CodeSeq) -> RecordKey {
    RecordKey::numbered::<MemberInfo>(code.0)
}

impl OwnAnswer {
    fn is_blank(&self) -> bool {
        self.value.is_empty() && self.value_list.is_empty()
    }
}

impl MemberInfo {
    /// Reads `common_field_list` and `custom_field_list` of a request.
    ///
    /// # Errors
    ///
    /// 47001 a value of the wrong JSON type; 45021 an answer that is too long; 40097 too many answers, a missing
    /// name, or two answers to one field.
    pub fn read(request: &Object) -> Result<MemberInfo> {
        let mut info = MemberInfo::default();
        for (path, entry) in entries(request, "common_field_list")? {
            let name = name(&path, entry)?;
            let name = common_field(&name).unwrap_or(name);
            let value = optional_text(&path, entry, "value")?;
            if info.common_field_list.iter().any(|answer| answer.name == name) {
                return Err(twice(path, &name));
            }
            info.common_field_list.push(CommonAnswer { name, value });
        }
        for (path, entry) in entries(request, "custom_field_list")? {
            let name = name(&path, entry)?;
            let value = optional_text(&path, entry, "value")?;
            let value_list = match given(entry, "value_list") {
                None => Vec::new(),
                Some(Value::Array(values)) => {
                    let path = format!("{path}.value_list");
                    values.iter().map(|value| text(&path, value, ANSWER_MAX)).collect::<Result<_>>()?
                }
                Some(_) => {
                    return Err(Error::field(
                        ErrCode::DataFormat,
                        format!("{path}.value_list"),
                        "must be a list",
                    ));
                }
            };
            if info.custom_field_list.iter().any(|answer| answer.name == name) {
                return Err(twice(path, &name));
            }
            info.custom_field_list.push(OwnAnswer { name, value, value_list });
        }
        Ok(info)
    }

    /// The `sex` of a member in WeChat's form, from the member's answer.
    pub fn sex(&self) -> &'static str {
        let said = self.common_field_list.iter().find(|answer| answer.name == SEX);
        match said.map(|answer| answer.value.as_str()) {
            Some("男" | "MALE" | "male" | "1") => "MALE",
            Some("女" | "FEMALE" | "female" | "2") => "FEMALE",
            _ => "UNKNOWN",
        }
    }

    fn common(&self, name: &str) -> Option<&str> {
        self.common_field_list.iter().find(|answer| answer.name == name).map(|answer| answer.value.as_str())
    }

    fn own(&self, name: &str) -> Option<&OwnAnswer> {
        self.custom_field_list.iter().find(|answer| answer.name == name)
    }
}

fn entries<'a>(request: &'a Object, list: &str) -> Result<Vec<(String, &'a Object)>> {
    let wrong = |what: &str| Error::field(ErrCode::DataFormat, list, what);
    let entries = match given(request, list).filter(|value| value.as_str() != Some("")) {
        None => return Ok(Vec::new()),
        Some(value) => value.as_array().ok_or_else(|| wrong("must be a list"))?,
    };
    if entries.len() > ANSWERS_MAX {
        return Err(Error::field(ErrCode::InvalidArgs, list, format!("more than {ANSWERS_MAX} answers")));
    }
    let object = |(i, entry): (usize, &'a Value)| {
        let object = entry.as_object().ok_or_else(|| wrong("must be a list of objects"))?;
        Ok((format!("{list}[{i}]"), object))
    };
    entries.iter().enumerate().map(object).collect()
}

fn name(path: &str, entry: &Object) -> Result<String> {
    match optional_text(path, entry, "name")? {
        name if name.is_empty() => {
            Err(Error::field(ErrCode::InvalidArgs, format!("{path}.name"), "is missing"))
        }
        name => Ok(name),
    }
}

fn optional_text(path: &str, entry: &Object, key: &str) -> Result<String> {
    match given(entry, key) {
        None => Ok(String::new()),
        Some(value) => text(&format!("{path}.{key}"), value, ANSWER_MAX),
    }
}

fn twice(path: String, name: &str) -> Error {
    Error::field(ErrCode::InvalidArgs, path, format!("{name:?} has two answers"))
}

impl MemberForm {
    /// The answers to be stored, in the form's order. `before` has the earlier answers, if a member changes them. A
    /// field without an answer keeps its earlier answer. A field that cannot be changed must have the same answer.
    ///
    /// # Errors
    ///
    /// In this order: 40097 an answer to an unknown field, an answer that is not a choice of its field, or a choice
    /// twice. Then for each field: 40097 an answer that cannot be changed, and 41011 a missing answer.
    pub fn accept(&self, answers: &MemberInfo, before: Option<&MemberInfo>) -> Result<MemberInfo> {
        self.check_known(answers)?;
        let mut kept = MemberInfo::default();
        for (part, required) in self.parts() {
            let settle = FieldAnswer { part, required, is_edit: before.is_some() };
            for name in &part.common_field_id_list {
                if kept.common(name).is_some() {
                    continue;
                }
                let earlier = before.and_then(|before| before.common(name)).unwrap_or_default().to_owned();
                let value =
                    settle.one(name, answers.common(name).map(str::to_owned), earlier, String::is_empty)?;
                if !value.is_empty() {
                    kept.common_field_list.push(CommonAnswer { name: name.clone(), value });
                }
            }
            let rich = part.rich_field_list.iter().map(|field| &field.name);
            for name in rich.chain(&part.custom_field_list) {
                let earlier = before
                    .and_then(|before| before.own(name))
                    .cloned()
                    .unwrap_or_else(|| OwnAnswer { name: name.clone(), ..OwnAnswer::default() });
                let answer = settle.one(name, answers.own(name).cloned(), earlier, OwnAnswer::is_blank)?;
                if !answer.is_blank() {
                    kept.custom_field_list.push(answer);
                }
            }
        }
        Ok(kept)
    }

    fn check_known(&self, answers: &MemberInfo) -> Result<()> {
        let unknown = |list: &str, name: &str| {
            Error::field(ErrCode::InvalidArgs, list, format!("the form does not have {name:?}"))
        };
        for CommonAnswer { name, .. } in &answers.common_field_list {
            if !self.parts().iter().any(|(part, _)| part.common_field_id_list.contains(name)) {
                return Err(unknown("common_field_list", name));
            }
        }
        for answer in &answers.custom_field_list {
            let parts = self.parts();
            let rich = parts.iter().flat_map(|(part, _)| &part.rich_field_list);
            match rich.into_iter().find(|field| field.name == answer.name) {
                Some(field) => check_choice(field, answer)?,
                None if parts.iter().any(|(part, _)| part.custom_field_list.contains(&answer.name)) => {
                    if !answer.value_list.is_empty() {
                        let reason = format!("{:?} takes value, not value_list", answer.name);
                        return Err(Error::field(ErrCode::InvalidArgs, "custom_field_list", reason));
                    }
                }
                None => return Err(unknown("custom_field_list", &answer.name)),
            }
        }
        Ok(())
    }
}

fn check_choice(field: &RichField, answer: &OwnAnswer) -> Result<()> {
    let refused = |reason: String| Err(Error::field(ErrCode::InvalidArgs, "custom_field_list", reason));
    let is_choice = |value: &String| field.values.contains(value);
    if field.kind == RichKind::CheckBox {
        return match answer.value_list.iter().find(|value| !is_choice(value)) {
            Some(value) => refused(format!("{value:?} is no choice of {:?}", field.name)),
            None if !answer.value.is_empty() => {
                refused(format!("{:?} takes value_list, not value", field.name))
            }
            None if answer.value_list.iter().collect::<HashSet<_>>().len() < answer.value_list.len() => {
                refused(format!("{:?} has the same choice twice", field.name))
            }
            None => Ok(()),
        };
    }
    if !answer.value_list.is_empty() {
        return refused(format!("{:?} takes value, not value_list", field.name));
    }
    match answer.value.is_empty() || is_choice(&answer.value) {
        true => Ok(()),
        false => refused(format!("{:?} is no choice of {:?}", answer.value, field.name)),
    }
}

/// Determines the answer to one field of a form part.
struct FieldAnswer<'a> {
    part: &'a FormPart,
    required: bool,
    is_edit: bool,
}

impl FieldAnswer<'_> {
    fn one<T: PartialEq>(
        &self,
        name: &str,
        answer: Option<T>,
        earlier: T,
        is_blank: impl Fn(&T) -> bool,
    ) -> Result<T> {
        if self.is_edit && !self.part.can_modify {
            return match answer {
                Some(answer) if answer != earlier => {
                    let reason = format!("{name:?} cannot be changed");
                    Err(Error::field(ErrCode::InvalidArgs, "can_modify", reason))
                }
                _ => Ok(earlier),
            };
        }
        let settled = answer.unwrap_or(earlier);
        match self.required && is_blank(&settled) {
            true => Err(Error::missing(format!("m_data.required_form().{name}"))),
            false => Ok(settled),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{object, refusal};
    use serde_json::json;

    const MOBILE: &str = "USER_FORM_INFO_FLAG_MOBILE";

    fn form(can_modify: bool) -> MemberForm {
        let form = json!({
            "required_form": {
                "can_modify": can_modify,
                "common_field_id_list": [MOBILE],
                "rich_field_list": [
                    {"type": "FORM_FIELD_CHECK_BOX", "name": "职业", "values": ["赛车手", "旅行家"]},
                ],
            },
            "optional_form": {
                "common_field_id_list": [SEX, MOBILE],
                "rich_field_list": [{"type": "FORM_FIELD_SELECT", "name": "喜好", "values": ["郭敬明", "韩寒"]}],
                "custom_field_list": ["电影"],
            },
        });
        MemberForm::read(&object(form)).expect("a form")
    }

    fn info(common: &[(&str, &str)], own: Value) -> MemberInfo {
        let common: Vec<_> =
            common.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        MemberInfo::read(&object(json!({"common_field_list": common, "custom_field_list": own})))
            .expect("answers")
    }

    fn boxes() -> Value {
        json!({"name": "职业", "value_list": ["旅行家"]})
    }

    #[test]
    fn answers_are_kept_in_the_order_of_the_form_and_blank_ones_are_not() {
        let given = info(
            &[(SEX, "女"), (MOBILE, "15521328888")],
            json!([{"name": "电影", "value": ""}, {"name": "喜好", "value": "韩寒"}, boxes()]),
        );
        let kept = form(false).accept(&given, None).expect("accepted");
        let expected = json!({
            "common_field_list": [
                {"name": MOBILE, "value": "15521328888"}, {"name": SEX, "value": "女"},
            ],
            "custom_field_list": [
                {"name": "职业", "value": "", "value_list": ["旅行家"]},
                {"name": "喜好", "value": "韩寒", "value_list": []},
            ],
        });
        assert_eq!(serde_json::to_value(&kept).expect("JSON"), expected);
        assert_eq!(kept.sex(), "FEMALE");
    }

    #[test]
    fn answers_have_to_fit_the_form() {
        let mobile = [(MOBILE, "1")];
        for (common, own, expected) in [
            (&mobile[..], json!([boxes()]), None),
            (&[], json!([boxes()]), Some(ErrCode::MissingFields)),
            (&[(MOBILE, "")], json!([boxes()]), Some(ErrCode::MissingFields)),
            (&mobile, json!([]), Some(ErrCode::MissingFields)),
            (&mobile, json!([{"name": "职业", "value_list": []}]), Some(ErrCode::MissingFields)),
            (&mobile, json!([{"name": "职业", "value_list": ["演员"]}]), Some(ErrCode::InvalidArgs)),
            (
                &mobile,
                json!([{"name": "职业", "value_list": ["旅行家", "旅行家"]}]),
                Some(ErrCode::InvalidArgs),
            ),
            (&mobile, json!([{"name": "职业", "value": "旅行家"}]), Some(ErrCode::InvalidArgs)),
            (&mobile, json!([boxes(), {"name": "喜好", "value": "鲁迅"}]), Some(ErrCode::InvalidArgs)),
            (&mobile, json!([boxes(), {"name": "喜好", "value_list": ["韩寒"]}]), Some(ErrCode::InvalidArgs)),
            (&mobile, json!([boxes(), {"name": "电影", "value_list": ["a"]}]), Some(ErrCode::InvalidArgs)),
            (&mobile, json!([boxes(), {"name": "书", "value": "a"}]), Some(ErrCode::InvalidArgs)),
            (&[("USER_FORM_INFO_FLAG_NAME", "a")], json!([]), Some(ErrCode::InvalidArgs)),
        ] {
            let accepted = form(false).accept(&info(common, own.clone()), None);
            assert_eq!(refusal(accepted), expected, "{common:?} {own}");
        }
    }

    #[test]
    fn a_member_changes_modifiable_answers_only() {
        let before = form(true)
            .accept(&info(&[(MOBILE, "1"), (SEX, "男")], json!([boxes()])), None)
            .expect("accepted");
        for (can_modify, common, expected) in [
            (true, &[(MOBILE, "2")][..], Ok("2")),
            (true, &[][..], Ok("1")),
            (true, &[(MOBILE, "")][..], Err(ErrCode::MissingFields)),
            (true, &[(SEX, "女")][..], Err(ErrCode::InvalidArgs)),
            (true, &[(SEX, "男"), (MOBILE, "3")][..], Ok("3")),
            (false, &[(MOBILE, "2")][..], Err(ErrCode::InvalidArgs)),
            (false, &[(MOBILE, "1")][..], Ok("1")),
        ] {
            let after = form(can_modify).accept(&info(common, json!([])), Some(&before));
            let mobile =
                after.map(|info| info.common_field_list[0].value.clone()).map_err(|error| error.code);
            assert_eq!(mobile, expected.map(str::to_owned), "{common:?}");
        }
    }

    #[test]
    fn a_request_with_unreadable_answers_is_refused() {
        let answer = json!({"name": MOBILE, "value": "1"});
        for (request, expected) in [
            (json!({"common_field_list": {}}), ErrCode::DataFormat),
            (json!({"common_field_list": ["x"]}), ErrCode::DataFormat),
            (json!({"common_field_list": [{"name": MOBILE, "value": []}]}), ErrCode::DataFormat),
            (json!({"common_field_list": [{"value": "1"}]}), ErrCode::InvalidArgs),
            (json!({"common_field_list": [answer, answer]}), ErrCode::InvalidArgs),
            (
                json!({"common_field_list": [{"name": MOBILE, "value": "x".repeat(513)}]}),
                ErrCode::OutOfLengthLimit,
            ),
            (json!({"custom_field_list": [{"name": "a", "value_list": "b"}]}), ErrCode::DataFormat),
            (json!({"custom_field_list": vec![json!({"name": "a"}); 101]}), ErrCode::InvalidArgs),
        ] {
            assert_eq!(refusal(MemberInfo::read(&object(request.clone()))), Some(expected), "{request}");
        }
    }
}
