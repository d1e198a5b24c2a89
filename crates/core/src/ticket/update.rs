//! Sets the data of a holder's ticket: `POST /card/meetingticket/updateuser`, `/card/movieticket/updateuser` and
//! `/card/boardingpass/checkin`. WeChat manual: "特殊票券" (special tickets).

use super::{TicketInfo, ticket_key};
use crate::card::{CardType, STAMP_MAX};
use crate::code::CodeRef;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::text::lines as text;
use crate::time::Timestamp;

/// The largest length in bytes of texts for which the manual sets no limit.
const TEXT_MAX: usize = 128;
/// The longest content of a boarding pass's QR code, in bytes.
const QRCODE_MAX: usize = 1024;
/// The longest gate in bytes.
const GATE_MAX: usize = 12;
/// The largest number of seats on a ticket.
const SEATS_MAX: usize = 50;

/// Replaces the data of a ticket, or removes it.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40071 a card of another type; 40099 and 40127 consumed, given
/// away, deleted, expired or unavailable; 45021 a text that is too long; 40079 a boarding time outside of 32 bits;
/// 40097 a negative length or other time, or too many seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateTicket {
    pub code: CodeRef,
    /// The change.
    pub change: TicketChange,
}

/// A change of a ticket's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketChange {
    /// Sets this data.
    Set(TicketInfo),
    /// Sets the data of a boarding pass. Gate and boarding time of `info` are ignored. `None` keeps the value of an
    /// earlier check-in; `""` and 0 remove it.
    CheckIn { info: TicketInfo, gate: Option<String>, boarding_time: Option<i64> },
    /// Removes the data, because the passenger's check-in was cancelled.
    CancelCheckIn,
}

impl TicketChange {
    const fn card_type(&self) -> CardType {
        match self {
            TicketChange::Set(info) | TicketChange::CheckIn { info, .. } => info.card_type(),
            TicketChange::CancelCheckIn => CardType::BoardingPass,
        }
    }
}

impl Command for UpdateTicket {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.records.insert(ticket_key(code.seq));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        if card.card_type != self.change.card_type() {
            let reason = format!("is of a {} card", card.card_type);
            return Err(Error::field(ErrCode::InvalidCardType, "code", reason));
        }
        code.check_normal(&ws.app, card, now)?;
        let key = ticket_key(code.seq);
        match &self.change {
            TicketChange::Set(info) => {
                check(info)?;
                ws.put_record(key, info)
            }
            TicketChange::CheckIn { info, gate, boarding_time } => {
                check(info)?;
                let before = ws.find_record_of_new::<TicketInfo>(&key, now)?;
                ws.put_record(key, &checked_in(info, before, gate.as_deref(), *boarding_time)?)
            }
            TicketChange::CancelCheckIn => ws.records.remove(&key),
        }
    }
}

/// The boarding pass `info` with this gate and boarding time, or with those of the earlier check-in.
fn checked_in(
    info: &TicketInfo,
    before: Option<TicketInfo>,
    gate: Option<&str>,
    boarding_time: Option<i64>,
) -> Result<TicketInfo> {
    text("gate", gate.unwrap_or_default(), GATE_MAX)?;
    if boarding_time.is_some_and(|at| !(0..=STAMP_MAX.0).contains(&at)) {
        return Err(Error::field(ErrCode::InvalidTime, "boarding_time", "must be Unix seconds in 32 bits"));
    }
    let (former_gate, former_time) = match before {
        Some(TicketInfo::BoardingPass { gate, boarding_time, .. }) => (gate, boarding_time),
        _ => Default::default(),
    };
    let mut info = info.clone();
    if let TicketInfo::BoardingPass { gate: at, boarding_time: time, .. } = &mut info {
        *at = gate.map_or(former_gate, str::to_owned);
        *time = boarding_time.unwrap_or(former_time);
    }
    Ok(info)
}

fn check(info: &TicketInfo) -> Result<()> {
    match info {
        TicketInfo::MeetingTicket { zone, entrance, seat_number, begin_time, end_time } => {
            text("zone", zone, TEXT_MAX)?;
            text("entrance", entrance, TEXT_MAX)?;
            text("seat_number", seat_number, TEXT_MAX)?;
            at_least_0("begin_time", *begin_time)?;
            at_least_0("end_time", *end_time)
        }
        TicketInfo::MovieTicket { ticket_class, show_time, duration, screening_room, seat_number } => {
            text("ticket_class", ticket_class, TEXT_MAX)?;
            text("screening_room", screening_room, TEXT_MAX)?;
            seat_number.iter().try_for_each(|seat| text("seat_number", seat, TEXT_MAX))?;
            at_least_0("show_time", *show_time)?;
            at_least_0("duration", *duration)?;
            match seat_number.len() > SEATS_MAX {
                true => Err(Error::field(
                    ErrCode::InvalidArgs,
                    "seat_number",
                    format!("{} seats, at most {SEATS_MAX}", seat_number.len()),
                )),
                false => Ok(()),
            }
        }
        // Fifteen, five and fourteen characters with up to three bytes each.
        TicketInfo::BoardingPass { passenger_name, class, seat, etkt_bnr, qrcode_data, .. } => {
            text("passenger_name", passenger_name, 45)?;
            text("class", class, 15)?;
            text("etkt_bnr", etkt_bnr, 42)?;
            text("seat", seat, TEXT_MAX)?;
            text("qrcode_data", qrcode_data, QRCODE_MAX)
        }
    }
}

fn at_least_0(field: &str, number: i64) -> Result<()> {
    match number < 0 {
        true => Err(Error::field(ErrCode::InvalidArgs, field, "is below 0")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{AcceptGift, CodeState, Gift};
    use crate::engine::testing::*;
    use serde_json::{Value, json};

    fn meeting_card() -> Value {
        let mut card = groupon(json!({}));
        let base_info = card["groupon"]["base_info"].take();
        card = json!({"card_type": "MEETING_TICKET", "meeting_ticket": {"base_info": base_info, "meeting_detail": "d"}});
        card
    }

    fn boarding_card() -> Value {
        let base_info = groupon(json!({}))["groupon"]["base_info"].take();
        json!({"card_type": "BOARDING_PASS", "boarding_pass": {
            "base_info": base_info, "from": "a", "to": "b", "flight": "K1",
        }})
    }

    fn meeting(seat_number: &str) -> TicketInfo {
        let text = |text: &str| text.to_owned();
        TicketInfo::MeetingTicket {
            zone: text("C区"),
            entrance: text("东北门"),
            seat_number: text(seat_number),
            begin_time: 0,
            end_time: 0,
        }
    }

    fn boarding(class: &str) -> TicketInfo {
        TicketInfo::BoardingPass {
            passenger_name: "乘客".to_owned(),
            class: class.to_owned(),
            seat: String::new(),
            etkt_bnr: "1234567890123".to_owned(),
            qrcode_data: String::new(),
            gate: String::new(),
            boarding_time: 0,
        }
    }

    fn check_in(code: &CodeRef, gate: Option<&str>, boarding_time: Option<i64>) -> UpdateTicket {
        let (info, gate) = (boarding("经济舱"), gate.map(str::to_owned));
        UpdateTicket { code: code.clone(), change: TicketChange::CheckIn { info, gate, boarding_time } }
    }

    fn set(code: &CodeRef, info: TicketInfo) -> UpdateTicket {
        UpdateTicket { code: code.clone(), change: TicketChange::Set(info) }
    }

    fn on_ticket(world: &World, code: &CodeRef) -> Option<TicketInfo> {
        let record = world.records.get(&ticket_key(world.code(code).seq))?;
        Some(record.value().expect("a ticket"))
    }

    #[test]
    fn the_newest_data_are_on_the_ticket() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, meeting_card());
        for seat in ["2排15号", "3排1号"] {
            world.run(set(&code, meeting(seat))).expect("an update");
            assert_eq!(on_ticket(&world, &code), Some(meeting(seat)));
        }
    }

    #[test]
    fn a_check_in_can_be_taken_back_also_where_there_was_none() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, boarding_card());
        let cancel = UpdateTicket { code: code.clone(), change: TicketChange::CancelCheckIn };
        world.run(cancel.clone()).expect("nothing to take back");
        world.run(set(&code, boarding("经济舱"))).expect("checked in");
        world.run(cancel).expect("taken back");
        assert_eq!(on_ticket(&world, &code), None);
    }

    #[test]
    fn gate_and_boarding_time_stay_until_they_are_changed_or_removed() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, boarding_card());
        let at = |world: &World| match on_ticket(world, &code) {
            Some(TicketInfo::BoardingPass { gate, boarding_time, .. }) => (gate, boarding_time),
            other => panic!("{other:?}"),
        };
        for (gate, boarding_time, expected) in [
            (None, None, ("", 0)),
            (Some("A12"), Some(1_795_400_000), ("A12", 1_795_400_000)),
            (None, None, ("A12", 1_795_400_000)),
            (Some("B3"), None, ("B3", 1_795_400_000)),
            (None, Some(0), ("B3", 0)),
            (Some(""), None, ("", 0)),
        ] {
            world.run(check_in(&code, gate, boarding_time)).expect("checked in");
            assert_eq!(at(&world), (expected.0.to_owned(), expected.1), "{gate:?} {boarding_time:?}");
        }
        for (gate, time, errcode) in [
            ("1234567890123", 1 << 32, ErrCode::OutOfLengthLimit),
            ("123456789012", 1 << 32, ErrCode::InvalidTime),
            ("", -1, ErrCode::InvalidTime),
        ] {
            assert_eq!(refusal(world.run(check_in(&code, Some(gate), Some(time)))), Some(errcode), "{gate}");
        }
    }

    #[test]
    fn a_boarding_pass_of_a_former_version_has_neither_gate_nor_time() {
        let former = r#"{"boarding_pass": {"passenger_name": "乘客", "class": "经济舱", "seat": "",
            "etkt_bnr": "1234567890123", "qrcode_data": ""}}"#;
        assert_eq!(serde_json::from_str::<TicketInfo>(former).expect("a ticket"), boarding("经济舱"));
    }

    #[test]
    fn the_data_go_with_a_ticket_that_is_given_away() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, meeting_card());
        world.run(set(&code, meeting("1"))).expect("an update");
        world.run(Gift::of(code.clone(), "giver".into())).expect("a gift");
        let given = world.run(AcceptGift { code, openid: "friend".into() }).expect("a code");
        assert_eq!(on_ticket(&world, &world.code_ref(given.seq)), Some(meeting("1")));
    }

    #[test]
    fn ticket_update_errors_follow_the_documented_order() {
        let long = meeting(&"x".repeat(129));
        let (mut world, other) = World::with_code_in(CodeState::Consumed, groupon(json!({})));
        assert_eq!(refusal(world.run(set(&no_code(), long.clone()))), Some(ErrCode::InvalidSerialCode));
        assert_eq!(refusal(world.run(set(&other, long.clone()))), Some(ErrCode::InvalidCardType));
        for (state, expected) in [
            (CodeState::Normal, ErrCode::OutOfLengthLimit),
            (CodeState::Consumed, ErrCode::CodeConsumed),
            (CodeState::Expire, ErrCode::InvalidUserCardStatus),
            (CodeState::Gifting, ErrCode::InvalidUserCardStatus),
            (CodeState::Delete, ErrCode::InvalidUserCardStatus),
            (CodeState::Unavailable, ErrCode::InvalidUserCardStatus),
        ] {
            let (mut world, code) = World::with_code_in(state, meeting_card());
            assert_eq!(refusal(world.run(set(&code, long.clone()))), Some(expected), "{}", state.wire());
            let kind = refusal(world.run(set(&code, boarding("x"))));
            assert_eq!(kind, Some(ErrCode::InvalidCardType), "{}", state.wire());
        }
        let (mut world, code) = World::with_code_in(CodeState::Normal, boarding_card());
        assert_eq!(refusal(world.run(set(&code, boarding("经济舱位六")))), None);
        let long = boarding("经济舱位六七");
        assert_eq!(refusal(world.run(set(&code, long))), Some(ErrCode::OutOfLengthLimit));
    }
}
