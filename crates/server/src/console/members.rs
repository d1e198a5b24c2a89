//! `/console/{appid}/members`: the members of each member card and general card, the newest last, with points and
//! balance. The history and the adjustments of a member are on the page of the code.

use super::cards::choices;
use super::codes::search::url;
use super::{Frame, Visit};
use crate::pages::card_view::base_text;
use crate::pages::code_view::{self, CodeSheet};
use crate::pages::{PageResult, format, texts};
use crate::state::blocking;
use askama::Template;
use kaquan_core::card::{Card, CardType};
use kaquan_core::id::CodeSeq;

/// Members on a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "console/members.html")]
struct MembersPage {
    frame: Frame,
    t: &'static Texts,
    cards: Vec<(String, String, bool)>,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    url: String,
    code: String,
    number: String,
    openid: String,
    state: (&'static str, &'static str),
    active: Option<String>,
    bonus: String,
    balance: String,
}

/// The members of the card in the query, or of the first member card.
pub async fn show(visit: Visit) -> PageResult {
    let t = Texts::of(visit.lang);
    let (cards, named) =
        choices(&visit, &[CardType::MemberCard, CardType::GeneralCard], visit.query.get("card_id")).await?;
    let chosen = named.as_ref().or(cards.first());
    let from = CodeSeq(visit.query.int("from").unwrap_or(0));
    let codes = match chosen {
        None => Vec::new(),
        Some(card) => {
            let (app, no) = (visit.app_id(), card.no);
            blocking(&visit.state, move |store| store.codes_of_card(app, no, from, PAGE + 1)).await?
        }
    };
    let next =
        codes.get(PAGE).map(|code| format!("?{}", visit.query.with("from", Some(&code.seq.to_string()))));
    let codes = codes.into_iter().take(PAGE).collect();
    let sheets = code_view::of_codes(&visit.state, &visit.app, codes).await?;
    let choice = |card: &Card| {
        let on = chosen.is_some_and(|chosen| chosen.no == card.no);
        (card.id.to_string(), base_text(&card.section, "title"), on)
    };
    visit.page(&MembersPage {
        frame: visit.frame(t.title, "members"),
        t,
        cards: cards.iter().map(choice).collect(),
        rows: sheets.iter().map(|sheet| row(&visit, sheet)).collect(),
        next,
    })
}

fn row(visit: &Visit, sheet: &CodeSheet) -> Row {
    let member = sheet.member.as_ref();
    Row {
        url: url(visit, sheet),
        code: sheet.text.to_string(),
        number: member.map_or(String::new(), |member| member.number(&sheet.text).to_owned()),
        openid: sheet.code.openid.to_string(),
        state: code_view::state(visit.lang, sheet.state),
        active: member.and_then(|member| member.active_at).map(format::day),
        bonus: member.map_or(String::new(), |member| format::number(member.bonus)),
        balance: member.map_or(String::new(), |member| format::yuan(member.balance)),
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Members", "会员";
        card: "Member card", "会员卡";
        show: "Show", "查看";
        none: "There is no member card yet.", "还没有会员卡。";
        empty: "This card has no members yet.", "还没有人领取此卡。";
        code: "Code", "卡号";
        number: "Membership number", "会员号";
        holder: "Holder", "用户";
        state: "State", "状态";
        active: "Active since", "激活日期";
        not_active: "not active", "未激活";
        bonus: "Points", "积分";
        balance: "Balance", "余额";
        next: "Next ones", "下一页";
    }
}
