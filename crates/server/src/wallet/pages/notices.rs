//! The part of a code's page with what the merchant tells its holder: announcements to a member, and the data of a
//! ticket, such as seat and gate.

use crate::draw::qr;
use crate::pages::{Fault, Lang, format, texts};
use kaquan_core::announcement::Announcement;
use kaquan_core::card::Object;
use kaquan_core::ticket::TicketInfo;
use kaquan_core::time::Timestamp;
use kaquan_core::value::is_web_address;
use serde_json::Value;

/// An announcement on the page.
pub struct Notice {
    pub text: String,
    /// The page that the announcement links to.
    pub url: Option<String>,
    /// The picture, in the history only.
    pub picture: Option<String>,
    /// When it was sent.
    pub time: String,
}

/// The current announcements and the history, both with the newest first.
pub fn notices(list: &[Announcement], now: Timestamp) -> (Vec<Notice>, Vec<Notice>) {
    let web = |url: &String| Some(url.clone()).filter(|url| is_web_address(url));
    let notice = |announcement: &Announcement, is_current: bool| Notice {
        text: announcement.text.clone(),
        url: web(&announcement.url),
        picture: web(&announcement.thumb_url).filter(|_| !is_current),
        time: format::minute(announcement.create_time),
    };
    let of = |wanted: bool| {
        let newest = list.iter().rev().filter(|announcement| announcement.is_current(now) == wanted);
        newest.map(|announcement| notice(announcement, wanted)).collect()
    };
    (of(true), of(false))
}

/// The data of a ticket on the page.
pub struct TicketFacts {
    /// The facts, each with its name; empty facts are left out.
    pub facts: Vec<(&'static str, String)>,
    /// The QR code of a boarding pass for the gate.
    pub qr: Option<String>,
}

impl TicketFacts {
    /// The facts of a code of this card; `None` if there are none. The gate and the boarding time of a passenger
    /// replace those of the card.
    ///
    /// # Errors
    ///
    /// 500 if the QR code cannot be drawn.
    pub fn of(
        lang: Lang,
        section: &Object,
        ticket: Option<&TicketInfo>,
    ) -> Result<Option<TicketFacts>, Fault> {
        let t = Texts::of(lang);
        let at = |secs: i64| if secs == 0 { String::new() } else { format::minute(Timestamp(secs)) };
        let mut qr = None;
        let facts = match ticket {
            Some(TicketInfo::MeetingTicket { zone, entrance, seat_number, begin_time, end_time }) => vec![
                (t.zone, zone.clone()),
                (t.entrance, entrance.clone()),
                (t.seat, seat_number.clone()),
                (t.begin, at(*begin_time)),
                (t.end, at(*end_time)),
            ],
            Some(TicketInfo::MovieTicket {
                ticket_class,
                show_time,
                duration,
                screening_room,
                seat_number,
            }) => {
                let minutes = if *duration == 0 { String::new() } else { format::number(*duration) };
                vec![
                    (t.ticket_class, ticket_class.clone()),
                    (t.begin, at(*show_time)),
                    (t.duration, minutes),
                    (t.room, screening_room.clone()),
                    (t.seat, seat_number.join(", ")),
                ]
            }
            Some(TicketInfo::BoardingPass { gate, boarding_time, .. }) => {
                let mut facts = of_flight(t, section, gate, *boarding_time);
                facts.extend(of_passenger(t, ticket));
                if let Some(TicketInfo::BoardingPass { qrcode_data, .. }) = ticket
                    && !qrcode_data.is_empty()
                {
                    qr = Some(qr::svg(qrcode_data, t.gate_code)?);
                }
                facts
            }
            None => of_flight(t, section, "", 0),
        };
        let facts: Vec<_> = facts.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Ok((!facts.is_empty()).then_some(TicketFacts { facts, qr }))
    }
}

/// The gate and the hour and minute of the boarding: those of the passenger, or those of the card's flight.
fn of_flight(t: &Texts, section: &Object, gate: &str, time: i64) -> Vec<(&'static str, String)> {
    let of_card = |key: &str| section.get(key);
    let gate = match gate {
        "" => of_card("gate").and_then(Value::as_str).unwrap_or_default(),
        gate => gate,
    };
    let time =
        if time == 0 { of_card("boarding_time").and_then(Value::as_i64).unwrap_or_default() } else { time };
    let time = if time == 0 { String::new() } else { format::hour_minute(Timestamp(time)) };
    vec![(t.gate, gate.to_owned()), (t.boarding_time, time)]
}

fn of_passenger(t: &Texts, ticket: Option<&TicketInfo>) -> Vec<(&'static str, String)> {
    let Some(TicketInfo::BoardingPass { passenger_name, class, seat, etkt_bnr, .. }) = ticket else {
        return Vec::new();
    };
    vec![
        (t.passenger, passenger_name.clone()),
        (t.class, class.clone()),
        (t.seat, seat.clone()),
        (t.etkt, etkt_bnr.clone()),
    ]
}

texts! {
    /// The names of the facts.
    Texts {
        zone: "Zone", "区域";
        entrance: "Entrance", "入口";
        seat: "Seat", "座位";
        begin: "Begins", "开始时间";
        end: "Ends", "结束时间";
        ticket_class: "Kind of ticket", "票类";
        duration: "Minutes", "时长（分钟）";
        room: "Room", "放映厅";
        gate: "Gate", "登机口";
        boarding_time: "Boarding", "登机时间";
        passenger: "Passenger", "乘客";
        class: "Class", "舱位";
        etkt: "Ticket number", "电子客票号";
        gate_code: "QR code for the gate", "登机二维码";
    }
}
