//! `/card/boardingpass`: the check-in of passengers.

mod checkin;
