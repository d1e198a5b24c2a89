//! `/card/boardingpass`: passengers who have checked in.

mod checkin;
