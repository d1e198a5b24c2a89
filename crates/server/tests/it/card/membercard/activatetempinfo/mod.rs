//! `/card/membercard/activatetempinfo`: the answers before the merchant activates a card.

mod get;
