//! `/cgi-bin/ticket`: tickets that pages sign with.

mod getticket;
