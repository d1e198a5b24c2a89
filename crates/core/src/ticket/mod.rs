//! Tickets: the data of a holder's meeting ticket, film ticket or boarding pass in addition to the card, such as the
//! seat. The merchant sends the data when it is known. It belongs to the code, also after the code was given to a
//! friend.
//!
//! WeChat manual: "特殊票券" (special tickets).

mod update;

pub use update::{TicketChange, UpdateTicket};

use crate::card::CardType;
use crate::engine::{Record, RecordKey, RecordKind};
use crate::id::CodeSeq;
use serde::{Deserialize, Serialize};

/// The data of one holder's ticket. Missing texts are empty, and missing times are 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketInfo {
    /// A seat at a conference.
    MeetingTicket {
        /// The zone of the hall.
        zone: String,
        /// The entrance for the holder.
        entrance: String,
        seat_number: String,
        /// The beginning, in Unix seconds.
        begin_time: i64,
        /// The end, in Unix seconds.
        end_time: i64,
    },
    /// Seats in a cinema.
    MovieTicket {
        /// The kind of film, such as 3D.
        ticket_class: String,
        /// The beginning of the film, in Unix seconds.
        show_time: i64,
        /// The length of the film, in minutes.
        duration: i64,
        /// The screening room.
        screening_room: String,
        seat_number: Vec<String>,
    },
    /// A passenger who has checked in.
    BoardingPass {
        passenger_name: String,
        /// The cabin class.
        class: String,
        seat: String,
        /// The number of the electronic ticket. The name has the manual's spelling.
        etkt_bnr: String,
        /// The content of the QR code for the gate.
        qrcode_data: String,
        /// The gate of this passenger; empty if the gate of the card applies.
        #[serde(default)]
        gate: String,
        /// The boarding time of this passenger, in Unix seconds; 0 if the boarding time of the card applies.
        #[serde(default)]
        boarding_time: i64,
    },
}

impl Record for TicketInfo {
    const KIND: RecordKind = RecordKind::TicketInfo;
}

impl TicketInfo {
    /// The type of card for this ticket.
    pub const fn card_type(&self) -> CardType {
        match self {
            TicketInfo::MeetingTicket { .. } => CardType::MeetingTicket,
            TicketInfo::MovieTicket { .. } => CardType::MovieTicket,
            TicketInfo::BoardingPass { .. } => CardType::BoardingPass,
        }
    }
}

/// The record key of this code's ticket.
pub fn ticket_key(code: CodeSeq) -> RecordKey {
    RecordKey::numbered::<TicketInfo>(code.0)
}
