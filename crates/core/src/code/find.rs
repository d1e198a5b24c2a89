//! Finds the code a request means. System codes are found by arithmetic on their text alone; custom codes only
//! together with their card id, as WeChat demands.

use super::{Code, CodeRef};
use crate::card::Card;
use crate::engine::{CustomCode, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::{CardNo, CodeSeq, CodeText};

/// How far the search for a code's number has come.
enum Lookup {
    /// A row has to be loaded first; a custom code's if it says which.
    Pending(Option<(CardNo, CodeText)>),
    /// There is no such code.
    Nothing,
    /// This is its number.
    Found(CodeSeq),
}

impl CodeRef {
    /// Asks for the code and its card.
    pub fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        if let Some(card_id) = &self.card_id {
            keys.card_ids.insert(card_id.clone());
        }
        match self.seq_in(ws) {
            Lookup::Pending(Some(key)) => {
                keys.custom_codes.insert(key);
            }
            Lookup::Pending(None) | Lookup::Nothing => {}
            Lookup::Found(seq) => {
                keys.codes.insert(seq);
            }
        }
        if let Some(code) = self.loaded(ws) {
            keys.cards.insert(code.card);
        }
    }

    /// The code, if it has been loaded and exists.
    pub fn loaded<'a>(&self, ws: &'a WorkingSet) -> Option<&'a Code> {
        match self.seq_in(ws) {
            Lookup::Found(seq) if ws.codes.is_loaded(&seq) => ws.codes.get(&seq).ok().flatten(),
            _ => None,
        }
    }

    /// The number of the code as far as the rows loaded so far tell.
    fn seq_in(&self, ws: &WorkingSet) -> Lookup {
        if let Some(card_id) = &self.card_id {
            if !ws.card_ids.is_loaded(card_id) {
                return Lookup::Pending(None);
            }
            let Ok(Some(card)) = ws.card_by_id(card_id) else { return Lookup::Nothing };
            if card.terms.code_mode.is_custom() {
                let key = (card.no, self.text.clone());
                if !ws.custom_codes.is_loaded(&key) {
                    return Lookup::Pending(Some(key));
                }
                return match ws.custom_codes.get(&key) {
                    Ok(Some(CustomCode::Issued(seq))) => Lookup::Found(*seq),
                    _ => Lookup::Nothing,
                };
            }
        }
        self.seq.map_or(Lookup::Nothing, Lookup::Found)
    }

    /// The code and its card.
    ///
    /// Errors: 40073 for a card id nobody has, 40056 for a code that does not exist, is of another card, or is a
    /// custom code without its card id.
    pub fn find<'a>(&self, ws: &'a WorkingSet) -> Result<(&'a Code, &'a Card)> {
        let named = match &self.card_id {
            Some(card_id) => Some(ws.card_by_id(card_id)?.ok_or_else(|| {
                Error::field(ErrCode::InvalidCardId, "card_id", format!("no card {card_id}"))
            })?),
            None => None,
        };
        let unknown = |reason: &str| Error::field(ErrCode::InvalidSerialCode, "code", reason);
        if let Some(card) = named.filter(|card| card.terms.code_mode.is_custom()) {
            return match ws.custom_codes.get(&(card.no, self.text.clone()))? {
                Some(CustomCode::Issued(seq)) => {
                    let code = ws.codes.get(seq)?.ok_or_else(|| unknown("no such code"))?;
                    Ok((code, card))
                }
                _ => Err(unknown("no such code was claimed")),
            };
        }
        let code = match self.seq {
            Some(seq) => ws.codes.get(&seq)?.filter(|code| code.custom.is_none()),
            None => None,
        };
        let code = code.ok_or_else(|| unknown("no such code; a custom code needs its card_id"))?;
        if named.is_some_and(|card| card.no != code.card) {
            return Err(unknown("is a code of another card"));
        }
        let card = ws.cards.get(&code.card)?.ok_or_else(|| Error::internal("code without its card"))?;
        Ok((code, card))
    }
}
