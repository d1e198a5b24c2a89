//! `/card/mpnews`: cards in articles.

mod gethtml;
