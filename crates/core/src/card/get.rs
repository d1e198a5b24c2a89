//! `POST /card/get`: a card's document. WeChat manual: "管理卡券" (manage cards), card details.

use super::field::Place;
use super::{Card, Object, color, table};
use serde_json::{Value, json};

impl Card {
    /// The value of `card` in the reply: the stored document in the order of the field table, with the colour's value
    /// and the fields that kaquan adds. Fields that were never set are left out.
    pub fn to_json(&self) -> Value {
        let mut section = Object::new();
        section.insert("base_info".to_owned(), self.base_info_json().into());
        for field in table::fields_of(self.card_type, Place::Section) {
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
        for field in table::fields_of(self.card_type, Place::BaseInfo) {
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
                "color" => {
                    let stored = stored.and_then(|base| base.get("color")).and_then(Value::as_str);
                    stored.map(|name| color::color_value(name).into())
                }
                key => stored.and_then(|base| base.get(key)).cloned(),
            };
            if let Some(value) = value {
                base_info.insert(field.key.to_owned(), value);
            }
        }
        base_info
    }
}

/// `advanced_info` always has its lists, even if the card was created without it.
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

#[cfg(test)]
mod tests {
    use crate::engine::testing::*;
    use serde_json::json;

    #[test]
    fn the_reply_has_given_and_computed_fields_in_the_order_of_the_table() {
        let mut world = World::new();
        let given = json!({"get_limit": 3, "sku": {"quantity": "5"}, "date_info": {
            "type": 1, "begin_timestamp": START.0.to_string(), "end_timestamp": START.0 + 9, "fixed_term": 0,
        }});
        let card = world.create(groupon(given));
        world.claim(&card, "o1");
        let expected = json!({"card_type": "GROUPON", "groupon": {
            "base_info": {
                "id": card.as_str(), "logo_url": "http://mmbiz.qpic.cn/a", "code_type": "CODE_TYPE_TEXT",
                "brand_name": "brand", "title": "title",
                "date_info": {
                    "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": START.0, "end_timestamp": START.0 + 9,
                },
                "color": "#63b359", "notice": "notice", "description": "description",
                "location_id_list": [], "get_limit": 3, "status": "CARD_STATUS_VERIFY_OK",
                "sku": {"quantity": 4, "total_quantity": 5}, "create_time": START.0, "update_time": START.0,
                "area_code_list": [],
            },
            "deal_detail": "deal",
            "advanced_info": {
                "time_limit": [], "text_image_list": [], "business_service": [],
                "consume_share_card_list": [], "share_friends": false,
            },
        }});
        assert_eq!(world.card(&card).to_json().to_string(), expected.to_string());
    }

    #[test]
    fn a_deleted_card_can_still_be_read() {
        let mut world = World::new();
        let card_id = world.create(groupon(json!({})));
        world.run(crate::card::DeleteCard { card_id: card_id.clone() }).expect("deleted");
        let reply = world.card(&card_id).to_json();
        assert_eq!(reply["groupon"]["base_info"]["status"], "CARD_STATUS_DELETE");
    }
}
