//! What a holder's phone shows of a code: `POST /wallet/v1/get`. kaquan's own; on WeChat's phones this was a screen.

use super::{CodeRef, CodeState};
use crate::card::Card;
use crate::card::cells::Cells;
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::{CodeSeq, CodeText, OpenId};
use crate::ticket::{TicketInfo, ticket_key};
use crate::time::Timestamp;
use serde_json::{Value, json};

/// Looks a code up for its holder. Applied to a working set that is read and never written.
///
/// Errors, in this order: 40056 and 40073 no such code or card; 40003 not this holder's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShowCode {
    /// The code.
    pub code: CodeRef,
    /// Who looks.
    pub openid: OpenId,
}

/// What is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The number of the code.
    pub seq: CodeSeq,
    /// Its text if it is a custom code.
    pub custom: Option<CodeText>,
    /// The card's name.
    pub card_id: String,
    /// The links on the card, by field.
    pub links: Vec<(&'static str, String)>,
    /// The rest of the answer.
    pub told: Value,
}

/// The fields of `base_info` that lead to the merchant's pages.
const LINKS: [&str; 3] = ["custom_url", "promotion_url", "center_url"];

impl Apply for ShowCode {
    type Reply = Shown;

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.members.insert(code.seq);
            keys.records.extend([ticket_key(code.seq), Cells::key(code.card)]);
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Shown> {
        let (code, card) = self.code.find(ws)?;
        if code.openid != self.openid {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "does not hold this code"));
        }
        let (window, state) = (code.window(card), code.state_at(&ws.app, card, now));
        let can_consume =
            state == CodeState::Normal && window.begin <= now && !card.card_type.is_member_card();
        let mut told = json!({
            "begin_time": window.begin.0,
            "end_time": window.end.0,
            "user_card_status": state.wire(),
            "can_consume": can_consume,
        });
        if let Some(member) = ws.members.get(&code.seq)? {
            told["member"] = json!({
                "has_active": member.active_at.is_some(),
                "membership_number": member.number(&self.code.text),
                "bonus": member.bonus,
                "balance": member.balance,
            });
        }
        if let Some(ticket) = ws.find_record::<TicketInfo>(&ticket_key(code.seq), now)? {
            told["ticket"] = serde_json::to_value(ticket)
                .map_err(|error| Error::internal(format!("a ticket cannot be shown: {error}")))?;
        }
        let cells: Cells = ws.find_record(&Cells::key(card.no), now)?.unwrap_or_default();
        told["can_pay"] = (can_consume && cells.pay).into();
        told["can_self_consume"] = (can_consume && cells.self_consume).into();
        Ok(Shown {
            seq: code.seq,
            custom: code.custom.clone(),
            card_id: card.id.to_string(),
            links: links(card, can_consume),
            told,
        })
    }
}

/// The links on a card. The centre button is there only while the code can be consumed.
fn links(card: &Card, can_consume: bool) -> Vec<(&'static str, String)> {
    let base_info = card.section.get("base_info");
    let url = |key: &str| base_info?.get(key)?.as_str().filter(|url| !url.is_empty()).map(str::to_owned);
    let shown = LINKS.into_iter().filter(|key| can_consume || *key != "center_url");
    shown.filter_map(|key| url(key).map(|url| (key, url))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;

    #[test]
    fn a_holder_sees_the_code_and_the_centre_button_while_it_can_be_consumed() {
        let base = json!({"center_title": "用", "center_url": "http://c", "custom_url": "http://u"});
        for (state, links) in
            [(CodeState::Normal, &["custom_url", "center_url"][..]), (CodeState::Consumed, &["custom_url"])]
        {
            let (world, code) = World::with_code_in(state, groupon(base.clone()));
            let shown = world.ask(ShowCode { code, openid: "giver".into() }).expect("a code");
            assert_eq!(shown.told["user_card_status"], state.wire());
            assert_eq!(shown.told["can_consume"], state == CodeState::Normal);
            assert_eq!(shown.links.iter().map(|(key, _)| *key).collect::<Vec<_>>(), links);
        }
    }

    #[test]
    fn nobody_else_sees_it() {
        let (world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        let show = |code: &CodeRef, openid: &str| ShowCode { code: code.clone(), openid: openid.into() };
        assert_eq!(refusal(world.ask(show(&no_code(), "o9"))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.ask(show(&code, "o9"))), Some(ErrCode::InvalidOpenid));
    }
}
