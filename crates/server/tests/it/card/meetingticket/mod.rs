//! `/card/meetingticket`: what is on a holder's meeting ticket.

mod updateuser;
