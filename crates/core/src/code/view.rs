//! A holder views a card's page: `POST /wallet/v1/view`. It changes no row, but is counted. WeChat manual: "卡券数据接口"
//! (card statistics), `view_cnt` and `view_user`.

use crate::card::Card;
use crate::code::claim::OUTER_STR_MAX;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::id::{CardId, CodeSeq, OpenId};
use crate::text;
use crate::time::Timestamp;

/// Emits an event when a holder views a card. If the card has `need_push_on_view`, the event names the holder's code.
///
/// # Errors
///
/// In this order: 45021 and 47001 a channel that is too long or has control characters; 40003 the text is no openid;
/// 40073 unknown card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub card_id: CardId,
    /// The holder who views the card.
    pub openid: OpenId,
    /// The channel of the view.
    pub outer_str: Option<String>,
}

impl Command for View {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        if !ws.card_ids.is_loaded(&self.card_id) {
            return;
        }
        let Some(card) = ws.card_by_id(&self.card_id).ok().flatten().filter(|card| card.terms.push_on_view)
        else {
            return;
        };
        let holder = (card.no, self.openid.clone());
        if let Some(held) = ws.holders.get(&holder) {
            keys.codes.extend(held.codes.iter().map(|code| code.seq));
        }
        keys.holders.insert(holder);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        text::optional_line("outer_str", self.outer_str.as_deref(), OUTER_STR_MAX)?;
        text::openid("openid", &self.openid)?;
        let card = ws.existing_card(&self.card_id)?;
        let no = card.no;
        let code = if card.terms.push_on_view { self.held(ws, card, now)? } else { None };
        let openid = Some(self.openid.clone());
        let event = Event::new(EventKind::View, now, no);
        ws.emit(Event { openid, code, detail: self.outer_str.clone(), ..event });
        Ok(())
    }
}

impl View {
    /// The holder's code for the event: the oldest one that the holder still has.
    fn held(&self, ws: &WorkingSet, card: &Card, now: Timestamp) -> Result<Option<CodeSeq>> {
        for held in &ws.holder(card.no, &self.openid)?.codes {
            // A code claimed in this batch was not declared, so it is not loaded. The next view will name it.
            let code = if ws.codes.is_loaded(&held.seq) { ws.codes.get(&held.seq)? } else { None };
            if code.is_some_and(|code| code.state_at(&ws.app, card, now).is_live()) {
                return Ok(Some(held.seq));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use serde_json::json;

    #[test]
    fn a_view_changes_nothing_but_the_log() {
        let mut world = World::new();
        let card_id = world.create(groupon(json!({})));
        let before = world.clone();
        let outer_str = Some("poster".to_owned());
        world.run(View { card_id, openid: "o1".into(), outer_str: outer_str.clone() }).expect("seen");
        let event = world.events.last().cloned().expect("an event");
        assert_eq!((event.kind, event.openid, event.detail), (EventKind::View, Some("o1".into()), outer_str));
        world.events.pop();
        world.counters = before.counters;
        assert_eq!(world, before);
    }

    #[test]
    fn a_card_that_pushes_views_names_the_code_that_is_held() {
        let mut world = World::new();
        let card_id = world.create(groupon(json!({"need_push_on_view": true, "get_limit": 5})));
        let view = || View { card_id: card_id.clone(), openid: "o1".into(), outer_str: None };
        let seen = |world: &mut World| {
            world.run(view()).expect("seen");
            world.events.last().expect("an event").code
        };
        assert_eq!(seen(&mut world), None);
        let [first, second] = [0; 2].map(|_| world.claim(&card_id, "o1"));
        assert_eq!(seen(&mut world), first.seq);
        world.run(crate::code::consume::Consume::of(first)).expect("consumed");
        assert_eq!(seen(&mut world), second.seq);
    }

    #[test]
    fn an_unknown_card_cannot_be_viewed() {
        let view = View { card_id: "pNowhere".into(), openid: "o1".into(), outer_str: None };
        assert_eq!(refusal(World::new().run(view)), Some(ErrCode::InvalidCardId));
    }
}
