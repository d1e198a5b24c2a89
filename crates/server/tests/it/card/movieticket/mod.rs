//! `/card/movieticket`: the data of a holder's film ticket.

mod updateuser;
