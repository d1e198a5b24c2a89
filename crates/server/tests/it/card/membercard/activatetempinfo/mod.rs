//! `/card/membercard/activatetempinfo`: what was filled in before the merchant activates a card.

mod get;
