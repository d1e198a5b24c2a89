//! `/card/landingpage`: pages of cards.

mod create;
