//! `/card/generalcard`: gift cards, exchange cards and campus cards in their holders' hands.

pub mod activate;
pub mod unactivate;
pub mod updateuser;
