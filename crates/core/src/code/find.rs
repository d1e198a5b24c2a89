//! Finds the code that a request names. The number of a system code is computed from its text. A custom code is found
//! only together with its card id, as in WeChat's API.

use super::{Code, CodeRef};
use crate::card::Card;
use crate::engine::{CustomCode, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::{CardNo, CodeSeq, CodeText};

/// The progress of the search for a code's number.
enum Lookup {
    /// A row must be loaded first: a card, or the row of this custom code.
    Pending(Option<(CardNo, CodeText)>),
    /// The code does not exist.
    Nothing,
    /// The number of the code.
    Found(CodeSeq),
}

impl CodeRef {
    /// Declares the code and its card.
    pub fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        if let Some(card_id) = &self.card_id {
            keys.card_ids.insert(card_id.clone());
        }
        match self.seq_in(ws) {
            Lookup::Pending(Some(key)) => {
                keys.custom_codes.insert(key);
            }
            Lookup::Pending(None) => {}
            // A static code takes precedence over a dynamic one.
            Lookup::Nothing => self.dynamic_keys(ws, keys),
            Lookup::Found(seq) => {
                keys.codes.insert(seq);
            }
        }
        if let Some(code) = self.loaded(ws) {
            keys.cards.insert(code.card);
        }
    }

    /// The code, if it is loaded and exists.
    pub fn loaded<'a>(&self, ws: &'a WorkingSet) -> Option<&'a Code> {
        match self.seq_in(ws) {
            Lookup::Found(seq) if ws.codes.is_loaded(&seq) => ws.codes.get(&seq).ok().flatten(),
            Lookup::Nothing => self.find_dynamic(ws).map(|(code, _)| code),
            _ => None,
        }
    }

    /// The card that the request names together with the code, if it is loaded and exists. An operation declares the
    /// rows of this card without finding the code first: a custom code may be claimed, or get its text, only in the
    /// present batch.
    pub fn named_card<'a>(&self, ws: &'a WorkingSet) -> Option<&'a Card> {
        self.card_id.as_ref().and_then(|id| ws.loaded_card(id))
    }

    /// The number of the static code, if the loaded rows determine it.
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
    /// # Errors
    ///
    /// 40073 for an unknown card id, 40056 for a code that does not exist, is of another card, is a custom code without
    /// its card id, or is a dynamic code that leads to no code.
    pub fn find<'a>(&self, ws: &'a WorkingSet) -> Result<(&'a Code, &'a Card)> {
        match self.find_static(ws) {
            Err(refused) if refused.code == ErrCode::InvalidSerialCode => {
                self.find_dynamic(ws).ok_or(refused)
            }
            found => found,
        }
    }

    fn find_static<'a>(&self, ws: &'a WorkingSet) -> Result<(&'a Code, &'a Card)> {
        let named = match &self.card_id {
            Some(card_id) => Some(ws.existing_card(card_id)?),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::GetCode;
    use crate::engine::testing::*;
    use serde_json::json;

    #[test]
    fn system_codes_are_found_by_number_custom_codes_by_card_and_text() {
        let mut world = World::new();
        let system = world.create(groupon(json!({})));
        let custom = world.create(groupon(json!({"use_custom_code": true})));
        let by_number = world.claim(&system, "o1");
        // A custom code that looks like a system code, but is not the text of this code's number.
        let by_text = world.claim_as(&custom, "o2", Some("000000000001"));
        assert_eq!(by_number.text, by_text.text);
        let nowhere = CodeText::from("nowhere");
        let of = |card: Option<&crate::id::CardId>, code: &CodeRef| CodeRef {
            card_id: card.cloned(),
            seq: Some(CodeSeq(1)),
            ..code.clone()
        };
        for (case, code, expected) in [
            ("a system code alone", of(None, &by_number), Ok("o1")),
            ("a system code with its card", of(Some(&system), &by_number), Ok("o1")),
            ("the same text with the custom card", of(Some(&custom), &by_text), Ok("o2")),
            ("a custom code alone", CodeRef { seq: None, card_id: None, ..by_text.clone() }, Err(40056)),
            ("the number of a custom code alone", CodeRef { seq: Some(CodeSeq(2)), ..no_code() }, Err(40056)),
            ("a custom code that was not claimed", CodeRef { text: nowhere, ..by_text.clone() }, Err(40056)),
            ("a number that was not issued", no_code(), Err(40056)),
            ("an unknown card", of(Some(&"pNowhere".into()), &by_number), Err(40073)),
        ] {
            let found = world.ask(GetCode { code, check_consume: true });
            let found = found.map(|reply| Some(reply.openid.to_string()));
            let found = found.map_err(|error| error.code.number());
            assert_eq!(found, expected.map(|openid| Some(openid.to_owned())), "{case}");
        }
    }

    #[test]
    fn a_code_of_another_card_is_not_found() {
        let mut world = World::new();
        let cards = [world.create(groupon(json!({}))), world.create(groupon(json!({})))];
        let code = CodeRef { card_id: Some(cards[1].clone()), ..world.claim(&cards[0], "o1") };
        let found = world.ask(GetCode { code, check_consume: true });
        assert_eq!(refusal(found), Some(ErrCode::InvalidSerialCode));
    }
}
