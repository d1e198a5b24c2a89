//! Writes the manual's page of card fields from the field table. So the page always describes the limits that are
//! checked.

use super::card_type::CardType;
use super::field::{Field, Kind, OnCreate, OnUpdate, Place, Unit};
use super::table;
use std::fmt::Write;

/// A language of the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    Zh,
}

impl Language {
    /// Returns the text in this language.
    pub const fn pick(self, en: &'static str, zh: &'static str) -> &'static str {
        match self {
            Language::En => en,
            Language::Zh => zh,
        }
    }
}

/// The page, as Markdown.
pub fn fields_page(language: Language) -> String {
    let mut page = String::new();
    let intro = language.pick(
        "# Card fields\n\nThis page lists all fields of a card. `cargo xtask docs` writes it from the table with which \
         requests are checked.\n\n\
         - *values*: `string(36)` has at most 36 bytes of UTF-8; a Chinese character has three bytes. The number in \
         parentheses is the errcode of a wrong value.\n\
         - *create*: whether `card/create` needs the field.\n\
         - *update*: what `card/update` does with the field. At once: the change is valid immediately. Review: the card \
         goes back to review.\n\n\
         A member card also needs one of `activate_url`, `activate_app_brand_user_name`, `bind_old_card_url`, \
         `wx_activate` and `auto_activate` (41011).\n",
        "# 卡券字段\n\n本页列出卡券的所有字段，由 `cargo xtask docs` 根据校验请求所用的字段表生成。\n\n\
         - *取值*：`string(36)` 至多 36 个 UTF-8 字节，一个汉字占三个字节。括号中的数字是取值有误时的错误码。\n\
         - *创建*：`card/create` 是否需要该字段。\n\
         - *更新*：`card/update` 的效果。立即生效：修改立即有效。提审：卡券重新进入审核。\n\n\
         会员卡还须至少有 `activate_url`、`activate_app_brand_user_name`、`bind_old_card_url`、`wx_activate`、\
         `auto_activate` 之一（41011）。\n",
    );
    page.push_str(intro);
    page.push_str("\n## base_info\n\n");
    let everywhere = table::FIELDS.iter().filter(|field| field.place == Place::BaseInfo);
    rows(&mut page, language, everywhere);
    for &card_type in CardType::ALL {
        let own: Vec<_> =
            table::fields_of(card_type, Place::Section).filter(|field| !is_common(field)).collect();
        if !own.is_empty() {
            page.push_str(&format!("\n## {card_type} (`{}`)\n\n", card_type.key()));
            rows(&mut page, language, own.into_iter());
        }
    }
    page.push_str(language.pick("\n## Every card type\n\n", "\n## 所有类型\n\n"));
    rows(&mut page, language, table::FIELDS.iter().filter(|field| is_common(field)));
    for field in table::FIELDS.iter().filter(|field| is_common(field)) {
        page.push_str(&format!("\n### {}\n\n", field.path()));
        members(&mut page, language, &field.kind, "");
    }
    page
}

fn is_common(field: &Field) -> bool {
    field.place == Place::Section && CardType::ALL.iter().all(|card_type| field.belongs_to(*card_type))
}

fn rows(page: &mut String, language: Language, fields: impl Iterator<Item = &'static Field>) {
    page.push_str(language.pick(
        "| field | values | create | update | meaning | manual page |\n| --- | --- | --- | --- | --- | --- |\n",
        "| 字段 | 取值 | 创建 | 更新 | 含义 | 文档 |\n| --- | --- | --- | --- | --- | --- |\n",
    ));
    for field in fields {
        let meaning = format!("{}{}", language.pick(field.en, field.zh), owners(field, language));
        let (values, create, update) = (
            values(&field.kind, language),
            on_create(field.create, language),
            on_update(field.update, language),
        );
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | {values} | {create} | {update} | {meaning} | {} |",
            field.key,
            field.page.title()
        );
    }
}

/// The card types that have a field of `base_info`; empty if all have it.
fn owners(field: &Field, language: Language) -> String {
    let owners: Vec<_> = CardType::ALL.iter().filter(|card_type| field.belongs_to(**card_type)).collect();
    if field.place == Place::Section || owners.len() == CardType::ALL.len() {
        return String::new();
    }
    let names: Vec<_> = owners.iter().map(|card_type| card_type.wire()).collect();
    format!("{}{}", language.pick("; only ", "；仅限 "), names.join(", "))
}

fn members(page: &mut String, language: Language, kind: &Kind, prefix: &str) {
    if let Kind::Object(parts) = kind {
        for part in *parts {
            let path = format!("{prefix}{}", part.key);
            let _ = writeln!(page, "- `{path}`: {}", values(&part.kind, language));
            match &part.kind {
                Kind::List { of, .. } => members(page, language, of, &format!("{path}[].")),
                kind => members(page, language, kind, &format!("{path}.")),
            }
        }
    }
}

fn values(kind: &Kind, language: Language) -> String {
    match kind {
        Kind::Text { max } | Kind::Link { max } => format!("string({max})"),
        Kind::TextOrZero { max } => {
            format!("string({max}), {}", language.pick("0 = not given", "0 表示未填"))
        }
        Kind::Flag => "bool".to_owned(),
        Kind::Int { min, max, refusal, unit } => {
            let unit = match unit {
                Unit::Plain | Unit::PercentOff => "",
                Unit::Time => language.pick(", Unix seconds", "，Unix 秒"),
                Unit::Fen => language.pick(", fen", "，分"),
            };
            format!("int {min}…{max}{unit} ({})", refusal.number())
        }
        Kind::Limit { max, refusal } => {
            let zero = language.pick("0 = absent", "0 表示未填");
            format!("int 0…{max}, {zero} ({})", refusal.number())
        }
        Kind::Choice { of, refusal } => {
            let names: Vec<_> = of.iter().map(|name| format!("`{name}`")).collect();
            format!("{} ({})", names.join(" "), refusal.number())
        }
        Kind::Color => "`Color010`…`Color102`, `#RRGGBB` (40076)".to_owned(),
        Kind::DateInfo => {
            language.pick("validity window (40079, 40100)", "有效期（40079、40100）").to_owned()
        }
        Kind::Sku => format!("`quantity` 1…{} (40122)", table::QUANTITY_MAX),
        Kind::Locations => language.pick("shop ids (40072)", "门店 ID（40072）").to_owned(),
        Kind::Object(parts) => {
            let members: Vec<_> = parts.iter().map(|part| format!("`{}`", part.key)).collect();
            format!("{{{}}}", members.join(", "))
        }
        Kind::List { of, max, refusal } => {
            format!("[{}] ≤ {max} ({})", values(of, language), refusal.number())
        }
        Kind::OffOnly => language.pick("off only (73205)", "仅可关闭（73205）").to_owned(),
    }
}

fn on_create(create: OnCreate, language: Language) -> &'static str {
    match create {
        OnCreate::Required => language.pick("required", "必填"),
        OnCreate::RequiredMayBeBlank => language.pick("required, may be blank", "必填，可为空"),
        OnCreate::Optional => language.pick("optional", "选填"),
        OnCreate::Ignored => language.pick("ignored", "忽略"),
    }
}

fn on_update(update: OnUpdate, language: Language) -> &'static str {
    match update {
        OnUpdate::Refused => language.pick("refused (47001)", "不可更新（47001）"),
        OnUpdate::Free => language.pick("at once", "立即生效"),
        OnUpdate::Review => language.pick("**review**", "**提审**"),
        OnUpdate::ReviewNotBlank => language.pick("**review**, not blank", "**提审**，不可为空"),
        OnUpdate::StaysOn => {
            language.pick("at once; once true it stays true", "立即生效；一旦为 true 即保持为 true")
        }
        OnUpdate::OnlyOn => language
            .pick("**review**, false to true only (40135)", "**提审**，仅可由 false 改为 true（40135）"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_field_in_both_languages() {
        for language in [Language::En, Language::Zh] {
            let page = fields_page(language);
            for field in table::FIELDS {
                assert!(page.contains(&format!("| `{}` |", field.key)), "{}", field.path());
            }
        }
    }
}
