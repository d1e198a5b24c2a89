//! Creates a card: `POST /card/create`. WeChat manual: "创建卡券" (create a card), "创建会员卡" (member cards).

use super::card_type::CardType;
use super::document::{self, GivenField, Object, first_fault, given_fields};
use super::field::{Kind, OnCreate, Place};
use super::{Card, CardStatus, DateInfo, Source, Terms, table};
use crate::app::ReviewPolicy;
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardId, CardNo};
use crate::time::Timestamp;
use crate::value::given;
use serde_json::{Value, json};
use std::sync::Arc;

/// Creates a card. It waits for review, or passes at once where the app's policy says so.
///
/// Errors: 40071 for an unknown type, 47001 for an unknown key or a value of the wrong JSON type, 41011 for a missing
/// field, then the first field of the table whose value is out of bounds with its own code.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateCard {
    /// The name the card gets; made by the caller, who has the randomness.
    pub card_id: CardId,
    /// Where it is made.
    pub source: Source,
    /// The value of `card` in the request.
    pub card: Object,
}

impl Apply for CreateCard {
    type Reply = CardId;

    fn keys(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<CardId> {
        let new = NewCard::read(&self.card, now)?;
        if ws.card_ids.get(&self.card_id)?.is_some() {
            return Err(Error::internal(format!("card id {} was made twice", self.card_id)));
        }
        let no = CardNo(ws.counters.card_no);
        ws.counters.card_no += 1;
        let passes = ws.app.review == ReviewPolicy::Auto;
        let card = Card {
            no,
            id: self.card_id.clone(),
            card_type: new.card_type,
            source: self.source,
            status: if passes { CardStatus::VerifyOk } else { CardStatus::NotVerify },
            refuse_reason: String::new(),
            section: Arc::new(new.section),
            terms: new.terms,
            quantity: new.quantity,
            total: new.quantity,
            created_at: now,
            updated_at: now,
        };
        ws.card_ids.put(self.card_id.clone(), no);
        ws.cards.put(no, card);
        ws.record(Event { amount: new.quantity, ..Event::new(EventKind::CardCreate, now, no) });
        if passes {
            ws.record(Event::new(EventKind::ReviewPass, now, no));
        }
        Ok(self.card_id.clone())
    }
}

/// A request's card, checked and brought into the stored form.
#[derive(Debug)]
struct NewCard {
    card_type: CardType,
    section: Object,
    terms: Terms,
    quantity: i64,
}

impl NewCard {
    fn read(card: &Object, now: Timestamp) -> Result<NewCard> {
        let type_name = given(card, "card_type").ok_or_else(|| Error::missing("m_data.card_type"))?;
        let card_type = type_name.as_str().and_then(CardType::from_wire).ok_or_else(|| {
            Error::field(ErrCode::InvalidCardType, "card_type", format!("{type_name} is not a card type"))
        })?;
        let section = given(card, card_type.key())
            .ok_or_else(|| Error::missing(format!("m_data.{}()", card_type.key())))?
            .as_object()
            .ok_or_else(|| Error::key(&[card_type.key()], "must be an object"))?;
        let fields = given_fields(card_type, section, |_| true)?;
        let mut new = Draft::default();
        for place in [Place::BaseInfo, Place::Section] {
            for field in table::fields(card_type, place) {
                let value = fields.iter().find(|given| given.field.is(field));
                new.take(field, value, card_type, &fields, now);
            }
        }
        new.check_together(card_type, &fields);
        if let Some(fault) = first_fault(std::mem::take(&mut new.faults)) {
            return Err(fault);
        }
        let mut section = Object::new();
        section.insert("base_info".to_owned(), new.base_info.into());
        section.extend(new.beside);
        let terms = Terms::read(card_type, &section)?;
        Ok(NewCard { card_type, section, terms, quantity: new.quantity })
    }
}

/// The document as far as it is read, and what was wrong with it.
#[derive(Debug, Default)]
struct Draft {
    base_info: Object,
    beside: Object,
    quantity: i64,
    faults: Vec<Error>,
}

impl Draft {
    fn take(
        &mut self,
        field: &'static super::field::Field,
        value: Option<&GivenField<'_>>,
        card_type: CardType,
        fields: &[GivenField<'_>],
        now: Timestamp,
    ) {
        let blank = |value: &Value| value.as_str() == Some("");
        let value = match (field.create, value.map(|given| given.value)) {
            (OnCreate::Ignored, _) | (OnCreate::Optional, None) => return,
            (OnCreate::Required | OnCreate::RequiredMayBeBlank, None) => {
                return self.faults.push(Error::missing(field.accessor()));
            }
            (OnCreate::Required, Some(value)) if blank(value) => {
                return self.faults.push(Error::missing(field.accessor()));
            }
            (_, Some(value)) => value,
        };
        let stored = match field.kind {
            Kind::DateInfo => match value.as_object() {
                Some(object) => {
                    let permanent = matches!(card_type, CardType::MemberCard | CardType::GeneralCard);
                    DateInfo::create(object, permanent, now).map(|info| Some(info.to_json()))
                }
                None => Err(Error::field(ErrCode::DataFormat, field.path(), "must be an object")),
            },
            Kind::Sku => document::quantity(value, is_deposit(fields)).map(|quantity| {
                self.quantity = quantity;
                None
            }),
            kind => document::normalize(&kind, value, &field.path()),
        };
        match stored {
            Ok(Some(stored)) => {
                let object = match field.place {
                    Place::BaseInfo => &mut self.base_info,
                    Place::Section => &mut self.beside,
                };
                object.insert(field.key.to_owned(), stored);
            }
            Ok(None) => {}
            Err(fault) => self.faults.push(fault),
        }
    }

    /// What concerns two fields at once.
    fn check_together(&mut self, card_type: CardType, fields: &[GivenField<'_>]) {
        if self.base_info.get("use_all_locations") == Some(&json!(true)) {
            self.base_info.remove("location_id_list");
        }
        // What was given counts, not what was stored: a link that is too long is not a missing one.
        let value = |key: &str| fields.iter().find(|given| given.field.key == key).map(|given| given.value);
        let on = |key: &str| value(key).and_then(crate::value::flag) == Some(true);
        let link = |key: &str| value(key).is_some_and(|value| value.as_str() != Some(""));
        let activates = on("auto_activate")
            || on("wx_activate")
            || ["activate_url", "activate_app_brand_user_name", "bind_old_card_url"].into_iter().any(link);
        if card_type.is_member_card() && !activates {
            self.faults.push(Error::missing("m_data.activate_url"));
        }
    }
}

fn is_deposit(fields: &[GivenField<'_>]) -> bool {
    let value = |key: &str| fields.iter().find(|given| given.field.key == key).map(|given| given.value);
    let custom = value("use_custom_code").and_then(crate::value::flag) == Some(true);
    custom && value("get_custom_code_mode").and_then(Value::as_str) == Some("GET_CUSTOM_CODE_MODE_DEPOSIT")
}
