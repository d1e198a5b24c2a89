//! `/cgi-bin/ticket`: tickets with which pages make signatures.

mod getticket;
