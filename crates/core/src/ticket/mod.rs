//! Tickets: what a holder's meeting ticket, film ticket or boarding pass says beyond the card itself, such as the seat.
//! The merchant sends it once it is known; it goes with the code, also when the code is given to a friend.
//!
//! WeChat manual: "特殊票券" (special tickets).

mod update;

pub use update::{TicketChange, UpdateTicket};

use crate::card::CardType;
use crate::engine::{Record, RecordKey, RecordKind};
use crate::id::CodeSeq;
use serde::{Deserialize, Serialize};

/// The data of one holder's ticket. Texts that were not given are empty, times that were not given are 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketInfo {
    /// A place at a conference.
    MeetingTicket {
        /// Zone of the hall.
        zone: String,
        /// Entrance to take.
        entrance: String,
        seat_number: String,
        /// Begin, Unix seconds.
        begin_time: i64,
        /// End, Unix seconds.
        end_time: i64,
    },
    /// Seats in a cinema.
    MovieTicket {
        /// Kind of showing, such as 3D.
        ticket_class: String,
        /// Begin of the showing, Unix seconds.
        show_time: i64,
        /// Length of the film, minutes.
        duration: i64,
        /// Screen.
        screening_room: String,
        seat_number: Vec<String>,
    },
    /// A passenger who has checked in.
    BoardingPass {
        passenger_name: String,
        /// Cabin.
        class: String,
        seat: String,
        /// Number of the electronic ticket, as the manual spells its name.
        etkt_bnr: String,
        /// The text of the QR code at the gate.
        qrcode_data: String,
    },
}

impl Record for TicketInfo {
    const KIND: RecordKind = RecordKind::TicketInfo;
}

impl TicketInfo {
    /// The type of card it belongs to.
    pub const fn card_type(&self) -> CardType {
        match self {
            TicketInfo::MeetingTicket { .. } => CardType::MeetingTicket,
            TicketInfo::MovieTicket { .. } => CardType::MovieTicket,
            TicketInfo::BoardingPass { .. } => CardType::BoardingPass,
        }
    }
}

/// The key of the data of this code's ticket.
pub fn ticket_key(code: CodeSeq) -> RecordKey {
    RecordKey::numbered::<TicketInfo>(code.0)
}
