//! A holder opens a card's page: `POST /wallet/v1/view`. It changes nothing but is counted.
//! WeChat manual: "卡券数据接口" (card statistics), `view_cnt` and `view_user`.

use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::id::{CardId, OpenId};
use crate::time::Timestamp;

/// Records that a holder looked at a card.
///
/// Errors: 40073 unknown card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The card.
    pub card_id: CardId,
    /// Who looks.
    pub openid: OpenId,
    /// Channel of the view.
    pub outer_str: Option<String>,
}

impl Apply for View {
    type Reply = ();

    fn keys(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let no = ws.existing_card(&self.card_id)?.no;
        let openid = Some(self.openid.clone());
        ws.record(Event { openid, detail: self.outer_str.clone(), ..Event::new(EventKind::View, now, no) });
        Ok(())
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
    fn a_card_nobody_has_cannot_be_viewed() {
        let view = View { card_id: "pNowhere".into(), openid: "o1".into(), outer_str: None };
        assert_eq!(refusal(World::new().run(view)), Some(ErrCode::InvalidCardId));
    }
}
