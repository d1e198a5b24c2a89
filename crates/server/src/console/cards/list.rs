//! `/console/{appid}/cards`: the list of cards, filtered by status, kind and words.

use super::all;
use crate::console::{Frame, Visit};
use crate::pages::card_view::{self, base_text};
use crate::pages::{PageResult, format, texts};
use askama::Template;
use kaquan_core::card::{Card, CardStatus, CardType};

/// Cards on a page.
const PAGE: usize = 20;

#[derive(Template)]
#[template(path = "console/cards/list.html")]
struct ListPage {
    frame: Frame,
    t: &'static Texts,
    new_url: String,
    words: String,
    statuses: Vec<(&'static str, &'static str, bool)>,
    kinds: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    total: usize,
    earlier: Option<String>,
    later: Option<String>,
}

struct Row {
    url: String,
    title: String,
    kind: &'static str,
    status: (&'static str, &'static str),
    quantity: String,
    claimed: String,
    window: String,
    updated: String,
}

/// The list. Deleted cards are shown only if the filter selects them.
pub async fn show(visit: Visit) -> PageResult {
    let t = Texts::of(visit.lang);
    let asked = visit.query.get("status").and_then(CardStatus::from_wire);
    let kind = visit.query.get("type").and_then(CardType::from_wire);
    let words = visit.query.get("q").unwrap_or_default().to_owned();
    let wanted = |card: &Card| {
        asked.map_or(card.status != CardStatus::Delete, |status| card.status == status)
            && kind.is_none_or(|kind| card.card_type == kind)
            && (matches(card, &words))
    };
    let found: Vec<Card> = all(&visit).await?.into_iter().filter(wanted).collect();
    let page = usize::try_from(visit.query.int("page").unwrap_or(1)).unwrap_or(1).max(1);
    let to = |page: usize| format!("?{}", visit.query.with("page", Some(&page.to_string())));
    let rows = found.iter().skip((page - 1) * PAGE).take(PAGE).map(|card| row(&visit, card)).collect();
    let statuses = [CardStatus::NotVerify, CardStatus::VerifyFail, CardStatus::VerifyOk, CardStatus::Delete];
    visit.page(&ListPage {
        frame: visit.frame(t.title, "cards"),
        t,
        new_url: visit.url("cards/new"),
        words,
        statuses: statuses
            .map(|status| (status.wire(), card_view::status(visit.lang, status).0, asked == Some(status)))
            .to_vec(),
        kinds: CardType::ALL
            .iter()
            .map(|of| (of.wire(), card_view::kind(visit.lang, *of), kind == Some(*of)))
            .collect(),
        rows,
        total: found.len(),
        earlier: (page > 1).then(|| to(page - 1)),
        later: (page * PAGE < found.len()).then(|| to(page + 1)),
    })
}

/// Whether the title, the merchant name or the id contains the words.
fn matches(card: &Card, words: &str) -> bool {
    let texts = ["title", "brand_name", "sub_title"].map(|key| base_text(&card.section, key).to_lowercase());
    let words = words.to_lowercase();
    card.id.as_str().to_lowercase() == words || texts.iter().any(|text| text.contains(&words))
}

fn row(visit: &Visit, card: &Card) -> Row {
    Row {
        url: visit.url(&format!("cards/{}", card.id)),
        title: base_text(&card.section, "title"),
        kind: card_view::kind(visit.lang, card.card_type),
        status: card_view::status(visit.lang, card.status),
        quantity: format::number(card.quantity),
        claimed: format::number(card.claimed()),
        window: card_view::window(visit.lang, &card.terms.date_info),
        updated: format::minute(card.updated_at),
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Cards", "卡券";
        new: "New card", "新建卡券";
        search: "Words in the name, or a card id", "名称中的文字，或卡券 ID";
        status: "Status", "状态";
        any: "Any", "全部";
        not_deleted: "All but deleted", "全部（不含已删除）";
        kind: "Kind", "类型";
        find: "Find", "查找";
        name: "Name", "名称";
        left: "In stock", "库存";
        claimed: "Claimed", "已领取";
        window: "Validity", "有效期";
        updated: "Changed", "修改时间";
        none: "No card is like that.", "没有符合条件的卡券。";
        earlier: "Newer ones", "较新的";
        later: "Older ones", "较旧的";
        total: "cards", "张卡券";
    }
}
