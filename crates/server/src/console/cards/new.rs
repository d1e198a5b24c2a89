//! `/console/{appid}/cards/new`: creates a card. The user first chooses its kind, then fills in the form of that
//! kind.

use super::form::{self, Part, Purpose, parts};
use super::{activation_form, form_input};
use crate::auth::secret;
use crate::console::{Frame, Visit};
use crate::pages::card_view::{self, CardFace};
use crate::pages::once::{FormObject, NotDone, Submission};
use crate::pages::{Fault, Form, PageResult, texts};
use askama::Template;
use kaquan_core::card::{Activation, CardType, CreateCard, Object, Source};
use kaquan_core::error::{Detail, Error};
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "console/cards/kinds.html")]
struct KindsPage {
    frame: Frame,
    t: &'static Texts,
    kinds: Vec<(String, &'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "console/cards/form.html")]
pub(super) struct FormPage {
    pub frame: Frame,
    pub t: &'static Texts,
    pub f: &'static form::Texts,
    /// The URL that receives the form.
    pub action: String,
    /// Hidden fields.
    pub hidden: Vec<(&'static str, String)>,
    /// The mark of the card's document; empty for a new card.
    pub seen: String,
    pub parts: Vec<Part>,
    pub face: CardFace,
    pub save: &'static str,
    /// Whether fields that send the card back to review are marked.
    pub marks_review: bool,
}

/// The kinds of cards, or the form of the chosen kind.
pub async fn show(visit: Visit) -> PageResult {
    match visit.query.get("type").and_then(CardType::from_wire) {
        Some(card_type) => visit.page(&form_page(&visit, card_type, &suggested(), None)?),
        None => {
            let t = Texts::of(visit.lang);
            let link = |kind: &CardType| {
                let url = format!("{}?type={}", visit.url("cards/new"), kind.wire());
                (url, card_view::kind(visit.lang, *kind), kind.wire())
            };
            let kinds = CardType::ALL.iter().map(link).collect();
            visit.page(&KindsPage { frame: visit.frame(t.title, "cards"), t, kinds })
        }
    }
}

/// The initial values of a form.
fn suggested() -> Object {
    let base = json!({"color": "Color010", "code_type": "CODE_TYPE_QRCODE"});
    Object::from_iter([("base_info".to_owned(), base)])
}

fn form_page(
    visit: &Visit,
    card_type: CardType,
    section: &Object,
    refused: Option<&Error>,
) -> Result<FormPage, Fault> {
    let t = Texts::of(visit.lang);
    let title = format!("{} · {}", t.title, card_view::kind(visit.lang, card_type));
    let mut frame = visit.frame(title, "cards").with_assets(&["cards.css"], &["cards.js"]);
    if let Some(error) = refused {
        frame = frame.with_refusal(error);
        if let Some(guide) = guide(t, error) {
            frame.refusal = Some(guide.to_owned());
        }
    }
    Ok(FormPage {
        frame,
        t,
        f: form::Texts::of(visit.lang),
        action: visit.url("cards/new"),
        hidden: vec![("type", card_type.wire().to_owned())],
        seen: String::new(),
        parts: parts(visit.lang, card_type, Purpose::Create, section, &wrong(refused)),
        face: CardFace::of_document(visit.lang, card_type, section),
        save: t.save,
        marks_review: false,
    })
}

/// Advice if the chosen values leave a member card without a way of activation.
fn guide(t: &'static Texts, error: &Error) -> Option<&'static str> {
    match &error.detail {
        Detail::Missing(accessor) if accessor == "m_data.activate_url" => Some(t.needs_activation),
        Detail::Missing(accessor) if accessor == "m_data.wx_activate_after_submit_url" => Some(t.needs_jump),
        _ => None,
    }
}

/// The path of the refused field, as the form names it.
pub fn wrong(refused: Option<&Error>) -> String {
    match refused.map(|error| &error.detail) {
        Some(Detail::Field { field, .. }) => field.clone(),
        Some(Detail::Missing(accessor)) => accessor.replace("m_data.", "").replace("()", ""),
        Some(Detail::Key { path, .. }) => path.iter().skip(1).cloned().collect::<Vec<_>>().join("."),
        _ => String::new(),
    }
}

/// Creates the card, or shows the form again with the refusal.
pub async fn act(visit: Visit, form: Form) -> PageResult {
    let Some(card_type) = form.get("type").and_then(CardType::from_wire) else {
        return visit.go("cards/new");
    };
    let section = form_input::new_section(card_type, &form);
    let card_id = secret::fresh_card_id(&visit.row.token_key)?;
    let mut card = Object::from_iter([("card_type".to_owned(), Value::from(card_type.wire()))]);
    card.insert(card_type.key().to_owned(), section.clone().into());
    let audit = visit.audit("card_create", card_id.as_str(), Value::Null, card.clone().into());
    let create = CreateCard { card_id, source: Source::Console, card };
    match visit.submit(create, audit, &form, FormObject::default()).await {
        Ok(Submission::Done(card_id)) => {
            if card_type.is_member_card() && Activation::of(&section).has_form() {
                activation_form::set(&visit, &form, &card_id).await?;
            }
            visit.go(&format!("cards/{card_id}?done=create"))
        }
        Ok(Submission::Not(why @ NotDone::Before(_), Some(card_id))) => {
            visit.go(&format!("cards/{card_id}?{}", why.query()))
        }
        Ok(Submission::Not(why, _)) => {
            let mut page = form_page(&visit, card_type, &section, None)?;
            page.frame = page.frame.with_warning(Some(why));
            visit.not_done(&page)
        }
        Err(error) => visit.refused(&form_page(&visit, card_type, &section, Some(&error))?),
    }
}

texts! {
    /// The texts of the pages of making and changing a card.
    Texts {
        title: "New card", "新建卡券";
        choose: "What kind of card is it to be?", "选择卡券类型：";
        save: "Create the card", "创建卡券";
        edit: "Change", "修改";
        look: "Look at the changes", "查看改动";
        preview: "On the phone", "手机预览";
        preview_note: "About as a holder sees it.", "大致为用户所见。";
        missing: "Fields without a value are left out.", "未填的字段不提交。";
        review_note: "Fields with this mark send the card back to review when they are changed.", "带此标记的字段修改后，卡券将重新审核。";
        conflict: "The card was changed since this form was opened. Look at it again before you save.", "打开此表单后，卡券已被他人修改。请重新查看后再保存。";
        needs_activation: "Say how members are activated: tick automatic activation or one-tap activation, or give the link of your own activation page.", "请选择会员卡的激活方式：勾选自动激活或一键激活，或填写自有的激活链接。";
        needs_jump: "Give the link that holders go to after the activation form, or untick the jump.", "请填写提交激活表单后跳转的链接，或取消勾选跳转激活。";
        nothing: "Nothing was changed.", "没有改动。";
    }
}
