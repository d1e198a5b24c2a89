//! `/console/{appid}/cards`: the list of cards, by status, kind and words, the newest first. The parameter `before` is
//! a card's number: the page shows cards with lower numbers.

use super::newest;
use crate::console::{Frame, Visit};
use crate::pages::card_view::{self, base_text};
use crate::pages::{Fault, PageResult, format, texts};
use askama::Template;
use kaquan_core::card::{Card, CardStatus, CardType};
use kaquan_core::id::CardNo;
use kaquan_store::CardFilter;

/// Cards on a page.
const PAGE: usize = 20;
/// Cards in one read of the store. A page makes at most [`LOOKS`] such reads.
const CARDS_AT_ONCE: usize = 100;
const LOOKS: usize = 20;

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
    newest: Option<String>,
    next: Option<String>,
    next_text: &'static str,
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
    let filter = CardFilter {
        statuses: asked.map_or_else(|| CardStatus::BUT_DELETED.to_vec(), |status| vec![status]),
        types: kind.map_or_else(|| CardType::ALL.to_vec(), |kind| vec![kind]),
    };
    let before = visit.query.int("before");
    let (found, next) = find(&visit, filter, &words, before.map_or(CardNo(i64::MAX), CardNo)).await?;
    let to = |before: Option<&str>| format!("?{}", visit.query.with("before", before));
    let rows: Vec<Row> = found.iter().map(|card| row(&visit, card)).collect();
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
        newest: before.is_some().then(|| to(None)),
        next_text: if found.len() < PAGE { t.further } else { t.next },
        next: next.map(|next| to(Some(&next.to_string()))),
    })
}

/// The newest matching cards with numbers below `before`, and the `before` of the next page. The search by words reads
/// documents, so it looks at a bounded number of cards.
async fn find(
    visit: &Visit,
    filter: CardFilter,
    words: &str,
    mut before: CardNo,
) -> Result<(Vec<Card>, Option<i64>), Fault> {
    let mut found = Vec::new();
    for _ in 0..LOOKS {
        let cards = newest(visit, before, filter.clone(), CARDS_AT_ONCE).await?;
        let more = cards.len() == CARDS_AT_ONCE;
        for card in cards {
            if found.len() == PAGE {
                return Ok((found, Some(before.0)));
            }
            before = card.no;
            if matches(&card, words) {
                found.push(card);
            }
        }
        if !more {
            return Ok((found, None));
        }
    }
    Ok((found, Some(before.0)))
}

/// Whether the title, the merchant's name or the second line of the title contains the words, or the id equals them.
fn matches(card: &Card, words: &str) -> bool {
    let texts = ["title", "brand_name", "sub_title"].map(|key| base_text(&card.section, key).to_lowercase());
    let words = words.to_lowercase();
    card.id.as_str().to_lowercase() == words || texts.iter().any(|text| text.contains(&words))
}

fn row(visit: &Visit, card: &Card) -> Row {
    Row {
        url: visit.url(&format!("cards/{}", card.id)),
        title: base_text(&card.section, "title"),
        kind: card_view::kind_of(visit.lang, card.card_type, &card.section),
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
        newest: "The newest ones", "最新的";
        next: "Older ones", "较旧的";
        further: "Search older cards", "继续查找较旧的卡券";
    }
}
