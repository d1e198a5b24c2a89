//! What `POST /card/get` answers about a card. WeChat manual: "管理卡券" (manage cards), card details.

use super::field::Place;
use super::{Card, Object, color, table};
use serde_json::{Value, json};

impl Card {
    /// The value of `card` in the reply: the stored document in the field table's order, the colour as its value, and
    /// what kaquan knows beside it. Fields never given are left out.
    pub fn to_json(&self) -> Value {
        let mut section = Object::new();
        section.insert("base_info".to_owned(), self.base_info_json().into());
        for field in table::fields(self.card_type, Place::Section) {
            match (field.key, self.section.get(field.key)) {
                ("advanced_info", stored) => {
                    section.insert("advanced_info".to_owned(), advanced_info_json(stored));
                }
                (key, Some(value)) => {
                    section.insert(key.to_owned(), value.clone());
                }
                (_, None) => {}
            }
        }
        let mut card = Object::new();
        card.insert("card_type".to_owned(), self.card_type.wire().into());
        card.insert(self.card_type.key().to_owned(), section.into());
        card.into()
    }

    fn base_info_json(&self) -> Object {
        let stored = self.section.get("base_info").and_then(Value::as_object);
        let mut base_info = Object::new();
        for field in table::fields(self.card_type, Place::BaseInfo) {
            let value = match field.key {
                "id" => Some(self.id.as_str().into()),
                "status" => Some(self.status.wire().into()),
                "sku" => Some(json!({"quantity": self.quantity, "total_quantity": self.total})),
                "create_time" => Some(self.created_at.0.into()),
                "update_time" => Some(self.updated_at.0.into()),
                "area_code_list" => Some(json!([])),
                "location_id_list" => {
                    Some(stored.and_then(|base| base.get("location_id_list")).cloned().unwrap_or(json!([])))
                }
                "color" => stored.and_then(|base| base.get("color")).map(|name| {
                    name.as_str().and_then(color::find).map_or(name.clone(), |color| color.value.into())
                }),
                key => stored.and_then(|base| base.get(key)).cloned(),
            };
            if let Some(value) = value {
                base_info.insert(field.key.to_owned(), value);
            }
        }
        base_info
    }
}

/// `advanced_info` always has its lists, even when the card was made without it.
fn advanced_info_json(stored: Option<&Value>) -> Value {
    let mut info = Object::new();
    for list in ["time_limit", "text_image_list", "business_service", "consume_share_card_list"] {
        let value = stored.and_then(|stored| stored.get(list)).cloned().unwrap_or(json!([]));
        info.insert(list.to_owned(), value);
    }
    for object in ["abstract", "use_condition"] {
        if let Some(value) = stored.and_then(|stored| stored.get(object)) {
            info.insert(object.to_owned(), value.clone());
        }
    }
    info.insert("share_friends".to_owned(), false.into());
    info.into()
}
