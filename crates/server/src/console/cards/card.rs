//! `/console/{appid}/cards/{card_id}`: the page of a card. It shows the card as its holders see it, the status, the
//! QR code of the claim page, the stock, and all fields.

use super::diff::shown;
use super::{activation_form, named};
use crate::api::card::qrcode::ticket::{Ticket, TicketCard};
use crate::console::{Frame, Visit};
use crate::pages::card_details::CardDetails;
use crate::pages::card_view::{self, CardFace, base_text};
use crate::pages::once;
use crate::pages::{Fault, PageResult, format, texts};
use askama::Template;
use kaquan_core::card::{Card, CardStatus, CodeMode};
use kaquan_core::error::Error;
use kaquan_core::time::DAY_SECS;
use serde_json::Value;

/// How long the QR code on the page is valid, in seconds: a year, the default of `qrcode/create`.
const QR_SECS: i64 = 365 * DAY_SECS;

#[derive(Template)]
#[template(path = "console/cards/card.html")]
pub struct CardPage {
    pub frame: Frame,
    t: &'static Texts,
    face: CardFace,
    details: CardDetails,
    card_id: String,
    status: (&'static str, &'static str),
    reason: String,
    waits: bool,
    deleted: bool,
    quantity: String,
    claimed: String,
    created: String,
    updated: String,
    urls: Urls,
    qr: Option<Qr>,
    /// Whether holders cannot activate the card because it has no activation form.
    form_missing: bool,
    /// The merchant's next step before holders can get the card.
    guide: Option<&'static str>,
    fields: Vec<(String, String)>,
    /// The mark of the stock.
    seen: String,
    /// The typed change of the stock, if it was not made.
    pub change: String,
}

struct Urls {
    edit: String,
    stock: String,
    delete: String,
    form: String,
    review: String,
    data: String,
}

struct Qr {
    picture: String,
    url: String,
}

/// The page of a card, and the refusal of a form if there is one.
pub async fn page(visit: &Visit, card: &Card, refused: Option<&Error>) -> Result<CardPage, Fault> {
    let t = Texts::of(visit.lang);
    let mut frame = visit.frame(base_text(&card.section, "title"), "cards").with_assets(&["cards.css"], &[]);
    // The notice of a success is shown only while the stock still has the value that this success set.
    let fresh = visit.query.get("seen").is_none_or(|seen| seen == stock_mark(card));
    frame.notice = done(t, visit.query.get("done").filter(|_| fresh)).map(str::to_owned);
    if let Some(error) = refused {
        frame = frame.with_refusal(error);
    }
    let own = |part: &str| visit.url(&format!("cards/{}/{part}", card.id));
    Ok(CardPage {
        frame,
        t,
        face: CardFace::of(visit.lang, card),
        details: CardDetails::of(visit.lang, card.card_type, &card.section),
        card_id: card.id.to_string(),
        status: card_view::status(visit.lang, card.status),
        reason: card.refuse_reason.clone(),
        waits: card.status == CardStatus::NotVerify,
        deleted: card.status == CardStatus::Delete,
        quantity: format::number(card.quantity),
        claimed: format::number(card.claimed()),
        created: format::second(card.created_at),
        updated: format::second(card.updated_at),
        urls: Urls {
            edit: own("edit"),
            stock: own("stock"),
            delete: own("delete"),
            form: own("form"),
            review: visit.url("review"),
            data: visit.url(&format!("data?card_id={}", card.id)),
        },
        qr: qr(visit, card)?,
        form_missing: activation_form::is_missing(visit, card).await?,
        guide: guide(t, card),
        fields: fields(card),
        seen: stock_mark(card),
        change: String::new(),
    })
}

/// A digest of the card's stock, which detects that another form changed it. Claims do not change this digest.
pub fn stock_mark(card: &Card) -> String {
    once::mark(&format!("{} {:?}", card.total, card.status == CardStatus::Delete))
}

fn done(t: &'static Texts, done: Option<&str>) -> Option<&'static str> {
    Some(match done? {
        "create" => t.done_create,
        "update" => t.done_update,
        "review" => t.done_review,
        "stock" => t.done_stock,
        "form" => t.done_form,
        "delete" => t.done_delete,
        _ => return None,
    })
}

/// The QR code of the claim page; `None` if the card is deleted, has custom codes, or is only for named holders.
fn qr(visit: &Visit, card: &Card) -> Result<Option<Qr>, Fault> {
    let open = card.status != CardStatus::Delete
        && !card.terms.bind_openid
        && card.terms.code_mode != CodeMode::Custom;
    if !open {
        return Ok(None);
    }
    let named = TicketCard { card_id: card.id.to_string(), ..TicketCard::default() };
    let ticket = Ticket { cards: vec![named], expires_at: visit.now().plus(QR_SECS) };
    let text = ticket.text(&visit.row.token_key)?;
    let url = Ticket::url(&visit.state.public_url, &text);
    Ok(Some(Qr { picture: format!("/cgi-bin/showqrcode?ticket={text}"), url }))
}

/// The merchant's next step for a card without a claim page or without codes.
fn guide(t: &'static Texts, card: &Card) -> Option<&'static str> {
    match card.terms.code_mode {
        _ if card.status == CardStatus::Delete => None,
        CodeMode::Custom => Some(t.guide_custom),
        CodeMode::Deposit if card.quantity == 0 => Some(t.guide_deposit),
        _ if card.terms.bind_openid => Some(t.guide_bound),
        _ => None,
    }
}

/// Every field with its path and value, as `card/get` returns them.
fn fields(card: &Card) -> Vec<(String, String)> {
    let document = card.to_json();
    let section = document.get(card.card_type.key()).and_then(Value::as_object);
    let mut fields = Vec::new();
    for (key, value) in section.into_iter().flatten() {
        match value.as_object() {
            Some(base) if key == "base_info" => {
                fields.extend(base.iter().map(|(key, value)| (format!("base_info.{key}"), shown(value))));
            }
            _ => fields.push((key.clone(), shown(value))),
        }
    }
    fields
}

pub async fn show(visit: Visit) -> PageResult {
    let card = named(&visit).await?;
    visit.page(&page(&visit, &card, None).await?)
}

texts! {
    /// The texts of the page.
    Texts {
        status: "Status", "状态";
        reason: "Why it was refused", "未通过原因";
        left: "In stock", "库存";
        claimed: "Claimed", "已领取";
        created: "Created", "创建时间";
        updated: "Changed", "修改时间";
        edit: "Change", "修改";
        to_review: "To the review desk", "前往审核";
        to_data: "Data", "查看数据";
        qr: "Claim page", "领取页";
        qr_alt: "QR code that leads to the claim page", "指向领取页的二维码";
        stock: "Stock", "库存";
        change: "Add so many; a negative number takes back", "增加的数量；负数为减少";
        apply: "Apply", "确定";
        delete: "Delete", "删除";
        delete_note: "The card can no longer be claimed. Codes that were claimed stay valid. This cannot be undone.", "删除后无法再领取，已领取的码仍可使用。此操作无法撤销。";
        sure: "Delete this card for good", "确认永久删除此卡券";
        fields: "All fields", "全部字段";
        field: "Field", "字段";
        value: "Value", "值";
        done_create: "The card was created.", "卡券已创建。";
        done_update: "The change was saved and is in force.", "改动已保存并生效。";
        done_review: "The change was saved, and the card is in review again.", "改动已保存，卡券重新进入审核。";
        done_stock: "The stock was changed.", "库存已修改。";
        done_form: "The card has an activation form. It asks for the mobile number.", "已为此卡设置激活表单，表单要求填写手机号。";
        form_missing: "Holders cannot activate this card: it has no activation form.", "此卡尚无激活表单，用户无法激活。";
        make_form: "Use a form that asks for the mobile number", "使用仅填写手机号的表单";
        form_note: "Your server can set another form with activateuserform/set.", "也可由您的服务器调用 activateuserform/set 设置其他表单。";
        guide_custom: "This card has no claim page, because its codes are your own. Your server names a code with each claim: qrcode/create with a code, or a signed cardExt.", "此卡使用自定义码，没有领取页。请由您的服务器在每次发放时指定卡券码：调用 qrcode/create 并带上 code，或使用签名的 cardExt。";
        guide_deposit: "Holders cannot claim this card yet: it has no codes. Import them with kaquan codes import, or with code/deposit and modifystock.", "此卡尚无卡券码，用户暂不能领取。请使用 kaquan codes import 导入，或调用 code/deposit 和 modifystock。";
        guide_bound: "This card has no claim page, because only named holders may claim it. Your server makes a QR code for each with qrcode/create and its openid.", "此卡仅限指定用户领取，没有公开的领取页。请由您的服务器调用 qrcode/create 并带上用户的 openid。";
        done_delete: "The card was deleted.", "卡券已删除。";
    }
}
