//! The store and the clerk of a consume or a payment: `location_id` and `staff_openid` of a request. The events have
//! them as `LocationId`, `LocationName` and `StaffOpenId`. WeChat manual: "卡券事件推送" (card events).

use super::{PoiRecord, key};
use crate::engine::{Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::Event;
use crate::id::OpenId;
use crate::text;
use crate::time::Timestamp;

/// The store and the clerk of a consume or a payment. Both may be unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The store, by its number. It need not be one of the card's stores.
    pub location_id: Option<i64>,
    pub staff: Option<Staff>,
}

/// The clerk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staff {
    /// By an openid that the caller names. It need not be a known holder.
    Openid(OpenId),
    /// By the name of the account that is signed in at the till.
    Account(String),
}

impl Staff {
    /// The text in events.
    fn text(&self) -> &str {
        match self {
            Staff::Openid(openid) => openid.as_str(),
            Staff::Account(name) => name,
        }
    }
}

impl Place {
    /// Declares the rows that [`Place::check`] reads.
    pub(crate) fn reads(&self, keys: &mut Keys) {
        keys.records.extend(self.location_id.map(key));
    }

    /// Checks that the store exists and that the staff can be an openid.
    ///
    /// # Errors
    ///
    /// In this order: 40098 no such store, or a deleted one; 40003 a staff that cannot be an openid.
    pub(crate) fn check(&self, ws: &WorkingSet, now: Timestamp) -> Result<()> {
        if let Some(location_id) = self.location_id {
            let found = ws.find_record::<PoiRecord>(&key(location_id), now)?;
            let reason = match found {
                None => Some(format!("no store {location_id}")),
                Some(PoiRecord { poi: None, .. }) => Some(format!("store {location_id} was deleted")),
                Some(_) => None,
            };
            if let Some(reason) = reason {
                return Err(Error::field(ErrCode::InvalidPoiid, "location_id", reason));
            }
        }
        match &self.staff {
            Some(Staff::Openid(openid)) => text::openid("staff_openid", openid),
            Some(Staff::Account(_)) | None => Ok(()),
        }
    }

    /// The event with this store and staff.
    pub(crate) fn fill(&self, event: Event) -> Event {
        let staff = self.staff.as_ref().map(|staff| staff.text().to_owned());
        Event { location_id: self.location_id, staff, ..event }
    }
}

#[cfg(test)]
mod tests {
    use super::super::DeletePoi;
    use super::super::add::tests::add;
    use super::*;
    use crate::code::{Consume, ReturnConsume, SelfConsume};
    use crate::engine::testing::*;
    use crate::event::EventKind;
    use crate::member::Pay;
    use serde_json::json;

    fn at(location_id: i64) -> Place {
        Place { location_id: Some(location_id), staff: Some(Staff::Openid("oClerk".into())) }
    }

    #[test]
    fn an_unknown_or_deleted_store_is_refused_by_every_operation() {
        let mut world = World::new();
        let [here, gone] = [(); 2].map(|()| world.run(add(json!({}))).expect("a store"));
        world.run(DeletePoi { poi_id: gone }).expect("deleted");
        let card = world.create(groupon(json!({"location_id_list": [here]})));
        let open = crate::card::SetPayCell { card_id: card.clone(), is_open: true };
        let code = world.claim(&card, "o1");
        world.run(open).expect("open");
        for place in [at(77), at(gone), Place { staff: Some(Staff::Openid("o p".into())), ..at(here) }] {
            let expected = match place.location_id {
                Some(id) if id == here => ErrCode::InvalidOpenid,
                _ => ErrCode::InvalidPoiid,
            };
            let consume = Consume { place: place.clone(), ..Consume::of(code.clone()) };
            assert_eq!(refusal(world.run(consume)), Some(expected));
            let pay = Pay { place: place.clone(), ..Pay::of(code.clone(), 1, 1) };
            assert_eq!(refusal(world.run(pay)), Some(expected));
        }
        let close = crate::card::SetPayCell { card_id: card.clone(), is_open: false };
        world.run(close).expect("closed");
        let entry = crate::card::SetSelfConsumeCell {
            card_id: card,
            is_open: true,
            need_verify_cod: false,
            need_remark_amount: false,
        };
        world.run(entry).expect("open");
        let own = |place: Place| SelfConsume { place, ..SelfConsume::of(code.clone(), "o1".into()) };
        assert_eq!(refusal(world.run(own(at(gone)))), Some(ErrCode::InvalidPoiid));
        assert_eq!(refusal(world.run(own(at(here)))), None);
    }

    #[test]
    fn a_return_has_the_store_of_its_consume_and_of_no_earlier_one() {
        let mut world = World::new();
        let here = world.run(add(json!({}))).expect("a store");
        let card = world.create(groupon(json!({})));
        let code = world.claim(&card, "o1");
        for place in [at(here), Place::default()] {
            world.run(Consume { place: place.clone(), ..Consume::of(code.clone()) }).expect("consumed");
            let consumed = world.events.last().expect("an event").clone();
            let staff = place.staff.as_ref().map(Staff::text);
            assert_eq!((consumed.location_id, consumed.staff.as_deref()), (place.location_id, staff));
            world.run(ReturnConsume { code: code.clone(), reason: None }).expect("returned");
            let returned = world.events.last().expect("an event");
            assert_eq!((returned.kind, returned.location_id), (EventKind::ConsumeReturn, place.location_id));
        }
    }

    #[test]
    fn a_return_finds_the_store_as_long_as_a_consume_can_be_undone() {
        let mut world = World::new();
        world.app.return_window_secs = crate::app::RETURN_WINDOW_MAX_SECS;
        let here = world.run(add(json!({}))).expect("a store");
        let card = world.create(groupon(json!({"date_info": range(0, 100 * 86_400)})));
        let code = world.claim(&card, "o1");
        world.run(Consume { place: at(here), ..Consume::of(code.clone()) }).expect("consumed");
        world.pass(crate::app::RETURN_WINDOW_MAX_SECS - 1);
        world.run(ReturnConsume { code, reason: None }).expect("returned");
        assert_eq!(world.events.last().and_then(|event| event.location_id), Some(here));
    }

    #[test]
    fn a_payment_and_its_consume_have_the_same_place() {
        let mut world = World::new();
        let here = world.run(add(json!({}))).expect("a store");
        let card = world.create(groupon(json!({"location_id_list": [5]})));
        world.run(crate::card::SetPayCell { card_id: card.clone(), is_open: true }).expect("open");
        let code = world.claim(&card, "o1");
        let before = world.events.len();
        world.run(Pay { place: at(here), ..Pay::of(code, 80, 100) }).expect("paid");
        for event in &world.events[before..] {
            assert_eq!((event.location_id, event.staff.as_deref()), (Some(here), Some("oClerk")));
        }
    }

    #[test]
    fn a_store_of_the_version_before_is_read() {
        let deleted: PoiRecord = serde_json::from_str(r#"{"poi":null}"#).expect("an older record");
        assert_eq!((deleted.name(), deleted.poi), (String::new(), None));
    }
}
