//! `/card/meetingticket`: the data of a holder's meeting ticket.

mod updateuser;
