//! `POST /wallet/v1/get`: a code for its holder's phone. Native API: WeChat shows this on a screen of its app.

use super::dynamic::check_has_dynamic;
use super::gift::{check_can_give, give_keys};
use super::{CodeRef, CodeState};
use crate::announcement::{Announcement, Announcements};
use crate::card::{Card, Cells, Window};
use crate::engine::{Keys, Query, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::general_card::{active_keys, is_active};
use crate::id::{CardId, CodeSeq, CodeText, OpenId};
use crate::member::Member;
use crate::ticket::{TicketInfo, ticket_key};
use crate::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Looks up a code for its holder.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40003 not this holder's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShowCode {
    pub code: CodeRef,
    /// The holder who views it.
    pub openid: OpenId,
}

/// A code for its holder's phone.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub seq: CodeSeq,
    /// The text of a custom code.
    pub custom: Option<CodeText>,
    /// The id of the card.
    pub card_id: CardId,
    /// When the code can be used.
    pub window: Window,
    /// The state of the code.
    pub state: CodeState,
    /// Whether the code can be consumed now.
    pub can_consume: bool,
    /// The points and the balance, for a member card or a general card.
    pub member: Option<ShownMember>,
    /// The data of a ticket.
    pub ticket: Option<TicketInfo>,
    /// The announcements to a member, oldest first.
    pub announcements: Vec<Announcement>,
    /// Whether the code has dynamic codes now.
    pub has_dynamic_code: bool,
    /// Whether the holder can give the code to a friend.
    pub can_give_friend: bool,
    /// Whether the holder can pay with the code at the till.
    pub can_pay: bool,
    /// Whether the holder can consume the code without a clerk.
    pub can_self_consume: bool,
    /// The links on the card, by field.
    pub links: Vec<(String, String)>,
}

/// A membership as its holder sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownMember {
    /// Whether the membership is active.
    pub has_active: bool,
    /// The number that the member sees.
    pub membership_number: String,
    /// Points.
    pub bonus: i64,
    /// Balance, fen.
    pub balance: i64,
}

/// The fields of `base_info` with links to the merchant's pages.
const BASE_LINKS: [&str; 6] = [
    "custom_url",
    "custom_app_brand_pass",
    "promotion_url",
    "promotion_app_brand_pass",
    "center_url",
    "center_app_brand_pass",
];
/// Other fields with such links, and fields with an object that has such a link.
const LINKS: [&str; 4] = ["bonus_url", "bonus_app_brand_pass", "balance_url", "balance_app_brand_pass"];
const OBJECTS: [&str; 5] =
    ["custom_field1", "custom_field2", "custom_field3", "custom_cell1", "custom_cell2"];

impl Query for ShowCode {
    type Reply = Shown;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.records.extend([ticket_key(code.seq), Cells::key(code.card)]);
            keys.records.insert(Announcements::key(code.seq));
            give_keys(code, keys);
            active_keys(code, keys);
        }
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<Shown> {
        let (code, card) = self.code.find(ws)?;
        if code.openid != self.openid {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "does not hold this code"));
        }
        let (window, state) = (code.window(card), code.state_at(&ws.app, card, now));
        let can_consume = state == CodeState::Normal && window.begin <= now;
        // Members pay with the card at any till, and their cards are not consumed; nor are campus cards.
        let can_use_cells = can_consume && card.is_consumed();
        let member = match Member::of_code(ws, code, card)? {
            Some(member) => Some(ShownMember {
                has_active: is_active(ws, card, &member, now)?,
                membership_number: member.number(&self.code.static_text(ws, code)).to_owned(),
                bonus: member.bonus,
                balance: member.balance,
            }),
            None => None,
        };
        let cells: Cells = ws.find_record(&Cells::key(card.no), now)?.unwrap_or_default();
        Ok(Shown {
            seq: code.seq,
            custom: code.custom.clone(),
            card_id: card.id.clone(),
            window,
            state,
            can_consume,
            member,
            ticket: ws.find_record::<TicketInfo>(&ticket_key(code.seq), now)?,
            announcements: ws
                .find_record(&Announcements::key(code.seq), now)?
                .unwrap_or(Announcements(vec![]))
                .0,
            has_dynamic_code: check_has_dynamic(ws, code, card, now).is_ok(),
            can_give_friend: state == CodeState::Normal && check_can_give(ws, code, card, now).is_ok(),
            can_pay: can_use_cells && cells.pay,
            can_self_consume: can_use_cells && cells.self_consume,
            links: links(card, can_consume),
        })
    }
}

/// The links on a card. The centre button is included only while the code can be consumed.
fn links(card: &Card, can_consume: bool) -> Vec<(String, String)> {
    let url = |value: Option<&Value>| value?.as_str().filter(|url| !url.is_empty()).map(str::to_owned);
    let base_info = card.section.get("base_info");
    let base = BASE_LINKS.into_iter().filter(|key| can_consume || !key.starts_with("center_"));
    let base = base.filter_map(|key| Some((key.to_owned(), url(base_info?.get(key))?)));
    let own = LINKS.into_iter().filter_map(|key| Some((key.to_owned(), url(card.section.get(key))?)));
    let objects = OBJECTS.into_iter().flat_map(|key| {
        let object = card.section.get(key);
        ["url", "app_brand_pass"]
            .into_iter()
            .filter_map(move |part| Some((format!("{key}.{part}"), url(object?.get(part))?)))
    });
    base.chain(own).chain(objects).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use serde_json::json;

    #[test]
    fn a_holder_sees_the_code_and_the_centre_button_while_it_can_be_consumed() {
        let base = json!({"center_title": "用", "center_url": "http://c", "custom_url": "http://u"});
        for (state, links) in
            [(CodeState::Normal, &["custom_url", "center_url"][..]), (CodeState::Consumed, &["custom_url"])]
        {
            let (world, code) = World::with_code_in(state, groupon(base.clone()));
            let shown = world.ask(ShowCode { code, openid: "giver".into() }).expect("a code");
            assert_eq!(shown.state, state);
            assert_eq!(shown.can_consume, state == CodeState::Normal);
            assert_eq!(shown.links.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), links);
        }
    }

    #[test]
    fn a_member_sees_the_links_of_the_card_and_of_its_fields() {
        let section = json!({
            "bonus_url": "http://b", "custom_field1": {"name": "级别", "url": "http://f"},
            "custom_cell1": {"name": "入口", "tips": "提示", "url": "http://e", "app_brand_pass": "pages/a"},
        });
        let base = json!({"promotion_url": "http://p", "custom_app_brand_pass": "pages/b"});
        let (world, code) = World::with_code_in(CodeState::Normal, member_card(base, section));
        let shown = world.ask(ShowCode { code, openid: "giver".into() }).expect("a code");
        let expected = [
            ("custom_app_brand_pass", "pages/b"),
            ("promotion_url", "http://p"),
            ("bonus_url", "http://b"),
            ("custom_field1.url", "http://f"),
            ("custom_cell1.url", "http://e"),
            ("custom_cell1.app_brand_pass", "pages/a"),
        ];
        assert_eq!(shown.links, expected.map(|(key, url)| (key.to_owned(), url.to_owned())));
        assert_eq!([shown.can_consume, shown.can_pay, shown.can_self_consume], [true, false, false]);
        assert_eq!(shown.member.map(|member| member.has_active), Some(false));
    }

    #[test]
    fn another_holder_does_not_see_the_code() {
        let (world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        let show = |code: &CodeRef, openid: &str| ShowCode { code: code.clone(), openid: openid.into() };
        assert_eq!(refusal(world.ask(show(&no_code(), "o9"))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.ask(show(&code, "o9"))), Some(ErrCode::InvalidOpenid));
    }
}
