//! `/card/paycell`: pay at the till.

mod set;
