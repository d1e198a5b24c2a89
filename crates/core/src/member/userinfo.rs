//! What `POST /card/membercard/userinfo/get` answers about a member.
//! WeChat manual: "管理会员卡" (manage member cards), query member information.

use crate::code::CodeRef;
use crate::engine::{Apply, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::time::Timestamp;
use serde_json::{Value, json};

/// Looks a member up. Applied to a working set that is read and never written.
///
/// Errors: 40056 and 40073 no such code or card; 40071 not a member card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetUserinfo {
    /// The code.
    pub code: CodeRef,
}

impl Apply for GetUserinfo {
    type Reply = Value;

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        if let Some(code) = self.code.loaded(ws) {
            keys.members.insert(code.seq);
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Value> {
        let (code, card) = self.code.find(ws)?;
        let member = match ws.members.get(&code.seq)? {
            Some(member) if card.card_type.is_member_card() => member,
            _ => return Err(Error::field(ErrCode::InvalidCardType, "code", "is not of a member card")),
        };
        let mut reply = json!({
            "openid": code.openid.as_str(),
            "nickname": "",
            "membership_number": member.membership_number,
            "bonus": member.bonus,
        });
        if card.section.get("supply_balance") == Some(&json!(true)) {
            reply["balance"] = member.balance.into();
        }
        reply["sex"] = "UNKNOWN".into();
        if member.active_at.is_some() {
            reply["user_info"] =
                json!({"common_field_list": [], "custom_field_list": custom_fields(card, member)});
        }
        reply["user_card_status"] = code.state_at(&ws.app, card, now).wire().into();
        reply["has_active"] = member.active_at.is_some().into();
        Ok(reply)
    }
}

/// The card's own fields with this member's values. Clients insist on `value_list` being there.
fn custom_fields(card: &crate::card::Card, member: &super::Member) -> Vec<Value> {
    let named = |i: usize| {
        let field = card.section.get(&format!("custom_field{}", i + 1))?;
        field.get("name").or_else(|| field.get("name_type")).cloned()
    };
    let values = member.custom_field_values.iter().enumerate();
    values
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(i, value)| named(i).map(|name| json!({"name": name, "value": value, "value_list": []})))
        .collect()
}
