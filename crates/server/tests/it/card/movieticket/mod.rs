//! `/card/movieticket`: what is on a holder's film ticket.

mod updateuser;
