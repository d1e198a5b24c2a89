//! The form of a card, made from the field table. Each field has a control for its kind of value, and its limit. A
//! mark shows that a change sends the card back to review.

use super::labels;
use crate::pages::format::plain_yuan;
use crate::pages::{Lang, refusal, texts};
use askama::Template;
use kaquan_core::card::{
    COLORS, CardType, Color, DateInfo, Field, Group, Kind, Object, OnCreate, OnUpdate, Place, QUANTITY_MAX,
    Unit, fields_of,
};
use kaquan_core::error::{Detail, Error};
use kaquan_core::time::Timestamp;
use serde_json::Value;

/// Empty lines added to a list of objects.
const SPARE_LINES: usize = 2;
/// A text with a larger limit than this, in bytes, gets a control with several lines.
const AREA_FROM: usize = 200;

/// A field of the form.
#[derive(Debug, Clone, Template)]
#[template(path = "console/cards/input.html")]
pub struct Input {
    /// The path of its value in the card's section, such as `base_info.title`; also its name in the form.
    pub name: String,
    /// The label that people read.
    pub label: String,
    /// The control for its value.
    pub control: Control,
    /// Whether the field is required.
    pub required: bool,
    /// Whether a change of the field sends the card back to review.
    pub review: bool,
    /// Why the field was refused; empty if it was not.
    pub refusal: String,
    /// The texts of the form.
    pub t: &'static Texts,
}

/// The control for a value.
#[derive(Debug, Clone)]
pub enum Control {
    /// One line of at most this many bytes.
    Line(String, usize),
    /// Several lines of at most this many bytes together.
    Area(String, usize),
    /// A checkbox.
    Tick(bool),
    /// A whole number between two limits.
    Number(String, i64, i64),
    /// An amount in yuan, and the largest allowed amount.
    Yuan(String, String),
    /// A discount as the part that the holder pays, in tenths: `8.5` 折.
    Zhe(String),
    /// A time in UTC+8. A text that is not a time is shown as it was typed.
    Moment(String),
    /// One of several names: the name, its words, and whether it is chosen.
    Select(Vec<(&'static str, &'static str, bool)>),
    /// Some of several names: the name, its words, and whether it is chosen.
    Ticks(Vec<(&'static str, &'static str, bool)>),
    /// A color of the palette: its name, and whether it is chosen.
    Color(Vec<(Color, bool)>),
    /// A list with one value in each line.
    Lines(String),
    /// Several inputs for one value.
    Group(Vec<Input>),
}

/// A part of the form: fields that belong together.
#[derive(Debug)]
pub struct Part {
    /// The heading of the part.
    pub title: &'static str,
    /// The fields.
    pub inputs: Vec<Input>,
    /// Whether the part is open at first.
    pub open: bool,
}

/// The kinds of forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A new card: all fields that a new card can have.
    Create,
    /// An existing card: all fields that can be changed.
    Update,
}

/// The fields of a form, in the order of the field table.
pub fn fields(card_type: CardType, purpose: Purpose) -> impl Iterator<Item = &'static Field> {
    let wanted = move |field: &&Field| match purpose {
        Purpose::Create => field.create != OnCreate::Ignored,
        Purpose::Update => field.update != OnUpdate::Refused,
    };
    [Place::BaseInfo, Place::Section]
        .into_iter()
        .flat_map(move |place| fields_of(card_type, place))
        .filter(wanted)
}

/// The value of a field in a card's section.
pub fn value_of<'a>(section: &'a Object, field: &Field) -> Option<&'a Value> {
    match field.place {
        Place::BaseInfo => section.get("base_info")?.get(field.key),
        Place::Section => section.get(field.key),
    }
}

/// The form of a document. The field that the error names has the reason beside it.
pub fn parts(
    lang: Lang,
    card_type: CardType,
    purpose: Purpose,
    section: &Object,
    refused: Option<&Error>,
) -> Vec<Part> {
    let wrong = refused_path(refused);
    let t = Texts::of(lang);
    let mut parts = [t.face, t.offer, t.window, t.entries, t.member, t.more].map(|title| Part {
        title,
        inputs: Vec::new(),
        open: false,
    });
    for field in fields(card_type, purpose) {
        let mut input =
            input(lang, &field.path(), label_of(lang, field), &field.kind, value_of(section, field));
        input.required = purpose == Purpose::Create
            && matches!(field.create, OnCreate::Required | OnCreate::RequiredMayBeBlank)
            && !matches!(field.kind, Kind::Flag);
        input.review = purpose == Purpose::Update && field.update.needs_review();
        let is_refused =
            !wrong.is_empty() && (wrong == input.name || wrong.starts_with(&format!("{}.", input.name)));
        if let Some(error) = refused.filter(|_| is_refused) {
            input.refusal = refusal::beside_field(lang, error.code);
        }
        parts[part_of(field.group)].inputs.push(input);
    }
    for (at, part) in parts.iter_mut().enumerate() {
        part.open = at < 3 || part.inputs.iter().any(|input| !input.refusal.is_empty());
    }
    parts.into_iter().filter(|part| !part.inputs.is_empty()).collect()
}

/// The path of the refused field, as the form names it.
fn refused_path(refused: Option<&Error>) -> String {
    match refused.map(|error| &error.detail) {
        Some(Detail::Field { field, .. }) => field.clone(),
        Some(Detail::Missing(accessor)) => accessor.replace("m_data.", "").replace("()", ""),
        Some(Detail::Key { path, .. }) => path.iter().skip(1).cloned().collect::<Vec<_>>().join("."),
        _ => String::new(),
    }
}

/// The refusal in words: the label of the refused field and the reason. `None` if the form does not have the field.
pub fn refusal_of(lang: Lang, parts: &[Part]) -> Option<String> {
    let refused = parts.iter().flat_map(|part| &part.inputs).find(|input| !input.refusal.is_empty())?;
    let Input { label, refusal, .. } = refused;
    Some(lang.pick(format!("{label}: {refusal}"), format!("「{label}」{refusal}")))
}

/// The index of the part that shows a group of fields.
const fn part_of(group: Group) -> usize {
    match group {
        Group::Face => 0,
        Group::Offer => 1,
        Group::Window => 2,
        Group::Entries => 3,
        Group::Activation | Group::Membership => 4,
        Group::More => 5,
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A stored amount in yuan. A text that is not an amount is shown as it was typed.
fn yuan(value: Option<&Value>) -> String {
    value.and_then(Value::as_i64).map_or_else(|| text(value), plain_yuan)
}

/// The label of a field, without the remark for developers after it.
fn label_of(lang: Lang, field: &Field) -> &'static str {
    let label = lang.pick(field.en, field.zh);
    label.split(['；', ';']).next().unwrap_or(label)
}

/// A discount in tenths of the price that is left: 15 percent off is `8.5`. A text that is not a number is shown as it was
/// typed.
fn zhe(value: Option<&Value>) -> String {
    match value.and_then(Value::as_i64).map(|off| 100 - off) {
        Some(left) if left % 10 == 0 => (left / 10).to_string(),
        Some(left) => format!("{}.{}", left / 10, left % 10),
        None => text(value),
    }
}

fn input(lang: Lang, name: &str, label: &str, kind: &Kind, value: Option<&Value>) -> Input {
    let t = Texts::of(lang);
    let control = match kind {
        Kind::Link { max } => Control::Line(text(value), *max),
        Kind::Text { max } if *max >= AREA_FROM => Control::Area(text(value), *max),
        Kind::Text { max } | Kind::TextOrZero { max } => Control::Line(text(value), *max),
        Kind::Flag => Control::Tick(value == Some(&Value::Bool(true))),
        Kind::Int { max, unit: Unit::Fen, .. } => Control::Yuan(yuan(value), plain_yuan(*max)),
        Kind::Int { unit: Unit::PercentOff, .. } if lang == Lang::Zh => Control::Zhe(zhe(value)),
        Kind::Int { unit: Unit::Time, .. } => Control::Moment(moment(value)),
        Kind::Int { min, max, .. } => Control::Number(text(value), *min, *max),
        Kind::Limit { max, .. } => Control::Number(text(value), 0, *max),
        Kind::Choice { of, .. } => {
            let chosen = text(value);
            Control::Select(
                of.iter().map(|name| (*name, labels::choice(lang, name), chosen == *name)).collect(),
            )
        }
        Kind::Color => {
            let chosen = text(value);
            Control::Color(COLORS.into_iter().map(|color| (color, chosen == color.name)).collect())
        }
        Kind::DateInfo => date_info(lang, name, value),
        Kind::Sku => Control::Number(text(value.and_then(|sku| sku.get("quantity"))), 0, QUANTITY_MAX),
        Kind::Locations => Control::Lines(lines(value)),
        Kind::List { of: Kind::Object(parts), max, .. } => objects(lang, name, parts, *max, value),
        Kind::List { of: Kind::Choice { of, .. }, .. } => Control::Ticks(ticks(lang, of, value)),
        Kind::List { .. } => Control::Lines(lines(value)),
        Kind::Object(parts) => Control::Group(group(lang, name, parts, value)),
        Kind::OffOnly => Control::Group(Vec::new()),
    };
    let label = label.to_owned();
    Input { name: name.to_owned(), label, control, required: false, review: false, refusal: String::new(), t }
}

fn group(lang: Lang, name: &str, parts: &[kaquan_core::card::Part], value: Option<&Value>) -> Vec<Input> {
    let open = parts.iter().filter(|part| !matches!(part.kind, Kind::OffOnly));
    let inner = |part: &kaquan_core::card::Part| {
        let value = value.and_then(|value| value.get(part.key));
        input(lang, &format!("{name}.{}", part.key), labels::member(lang, part.key), &part.kind, value)
    };
    open.map(inner).collect()
}

/// One line for each object, and some empty lines.
fn objects(
    lang: Lang,
    name: &str,
    parts: &[kaquan_core::card::Part],
    max: usize,
    value: Option<&Value>,
) -> Control {
    let entries = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let count = (entries.len() + SPARE_LINES).min(max);
    let t = Texts::of(lang);
    let line = |at: usize| Input {
        label: format!("{} {}", t.entry, at + 1),
        name: format!("{name}.{at}"),
        control: Control::Group(group(lang, &format!("{name}.{at}"), parts, entries.get(at))),
        required: false,
        review: false,
        refusal: String::new(),
        t,
    };
    Control::Group((0..count).map(line).collect())
}

/// The names of a list, each with its words and whether it is chosen.
fn ticks(lang: Lang, of: &[&'static str], value: Option<&Value>) -> Vec<(&'static str, &'static str, bool)> {
    let chosen = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_chosen = |name: &str| chosen.iter().any(|value| value == name);
    of.iter().map(|name| (*name, labels::choice(lang, name), is_chosen(name))).collect()
}

fn lines(value: Option<&Value>) -> String {
    let entries = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    entries.iter().map(|entry| text(Some(entry))).collect::<Vec<_>>().join("\n")
}

/// The controls of a window: its kind, and the values of each kind. Times are typed in UTC+8.
fn date_info(lang: Lang, name: &str, value: Option<&Value>) -> Control {
    let t = Texts::of(lang);
    let types = ["DATE_TYPE_FIX_TIME_RANGE", "DATE_TYPE_FIX_TERM", "DATE_TYPE_PERMANENT"];
    let of = value.and_then(DateInfo::from_stored);
    let (chosen, begin, end, days, after) = match of {
        Some(DateInfo::Range { begin, end }) => {
            (0, time_text(begin), time_text(end), String::new(), String::new())
        }
        Some(DateInfo::Term { days, begin_after_days, end }) => {
            let end = end.map_or(String::new(), time_text);
            (1, String::new(), end, days.to_string(), begin_after_days.to_string())
        }
        Some(DateInfo::Permanent) => (2, String::new(), String::new(), String::new(), String::new()),
        None => typed_window(value, &types),
    };
    let options = types
        .iter()
        .enumerate()
        .map(|(at, name)| (*name, labels::choice(lang, name), at == chosen))
        .collect();
    let inner = |key: &str, label: &str, control: Control| Input {
        name: format!("{name}.{key}"),
        label: label.to_owned(),
        control,
        required: false,
        review: false,
        refusal: String::new(),
        t,
    };
    Control::Group(vec![
        inner("type", t.window_type, Control::Select(options)),
        inner("begin_timestamp", t.begin, Control::Moment(begin)),
        inner("end_timestamp", t.end, Control::Moment(end)),
        inner("fixed_term", t.fixed_term, Control::Number(days, 1, 36_500)),
        inner("fixed_begin_term", t.fixed_begin_term, Control::Number(after, 0, 36_500)),
    ])
}

/// A stored time. A text that is not a time is shown as it was typed.
fn moment(value: Option<&Value>) -> String {
    match value.and_then(Value::as_i64) {
        Some(0) => String::new(),
        Some(at) => time_text(Timestamp(at)),
        None => text(value),
    }
}

/// The typed values of a window that cannot be parsed: kind, begin, end, days, and days until the begin.
fn typed_window(value: Option<&Value>, types: &[&str]) -> (usize, String, String, String, String) {
    let part = |key: &str| value.and_then(|window| window.get(key));
    let chosen = text(part("type"));
    let kind = types.iter().position(|name| *name == chosen).unwrap_or_default();
    let days = |key: &str| text(part(key));
    (
        kind,
        moment(part("begin_timestamp")),
        moment(part("end_timestamp")),
        days("fixed_term"),
        days("fixed_begin_term"),
    )
}

/// A time as text: to the minute, or to the second if it has seconds.
fn time_text(at: Timestamp) -> String {
    use crate::pages::format::{minute, second};
    if (at.0 + 8 * 3600) % 60 == 0 { minute(at) } else { second(at) }
}

impl Input {
    /// Adds the values that a browser sends if the user changes nothing.
    pub fn add_unchanged(&self, sent: &mut Vec<(String, String)>) {
        let mut send = |value: &str| sent.push((self.name.clone(), value.to_owned()));
        match &self.control {
            Control::Line(text, _)
            | Control::Area(text, _)
            | Control::Number(text, ..)
            | Control::Yuan(text, _)
            | Control::Zhe(text)
            | Control::Moment(text)
            | Control::Lines(text) => {
                send(text);
            }
            Control::Tick(on) => {
                if *on {
                    send("true");
                }
            }
            Control::Select(options) => {
                send(options.iter().find(|(.., chosen)| *chosen).map_or("", |(name, ..)| name));
            }
            Control::Ticks(options) => {
                options.iter().filter(|(.., chosen)| *chosen).for_each(|(name, ..)| send(name));
            }
            Control::Color(options) => {
                if let Some((color, _)) = options.iter().find(|(_, chosen)| *chosen) {
                    send(color.name);
                }
            }
            Control::Group(inputs) => inputs.iter().for_each(|input| input.add_unchanged(sent)),
        }
    }

    /// How many Chinese characters fit into this many bytes.
    fn characters(&self, bytes: &usize) -> usize {
        bytes / 3
    }

    /// A time in the form of the browser's input control; `None` if the text is not a time.
    fn moment(&self, text: &str) -> Option<String> {
        match text.is_empty() {
            true => Some(String::new()),
            false => super::form_input::parse_time(text).map(|_| text.trim().replacen(' ', "T", 1)),
        }
    }

    /// The field's name in the form of an HTML id.
    pub fn id(&self) -> String {
        self.name.replace('.', "-")
    }
}

texts! {
    /// The texts of the form.
    Texts {
        face: "How it looks", "卡面信息";
        offer: "What it gives", "优惠内容";
        window: "Validity and stock", "有效期与库存";
        entries: "Entries and button", "入口与按钮";
        member: "Membership", "会员功能";
        more: "Everything else", "其他";
        review: "changing this sends the card back to review", "修改后需重新审核";
        bytes: "bytes", "字节";
        at_most: "at most", "最多";
        yuan: "yuan", "元";
        per_line: "one on each line", "每行一个";
        entry: "Entry", "第";
        none: "not given", "未填";
        window_type: "Kind of window", "有效期类型";
        begin: "From (UTC+8)", "开始时间（北京时间）";
        end: "Until (UTC+8)", "结束时间（北京时间）";
        zhe: "such as 8.5", "如 8.5 折";
        required: "required", "必填";
        letters: "letters, or", "个字母，或";
        characters: "Chinese characters", "个汉字";
        fixed_term: "Days it is valid", "有效天数";
        fixed_begin_term: "Days after the claim until it begins", "领取后几天生效";
    }
}
