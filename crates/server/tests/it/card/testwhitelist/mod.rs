//! `/card/testwhitelist`: test users.

mod set;
