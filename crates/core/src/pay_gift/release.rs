//! Removes pay merchants from the rules that give a card: `POST /card/paygiftmembercard/delete`, the older call that
//! deletes a rule. WeChat manual: "支付即会员" (members by payment).

use super::add::MCHIDS_MAX;
use super::delete::release;
use super::{Mchid, MchidRule, PayGiftRule, mchid_key, rule_key};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::CardId;
use crate::time::Timestamp;

/// Removes pay merchants from this card's rules, and deletes rules without pay merchants. Returns the pay merchants
/// that had no such rule.
///
/// # Errors
///
/// In this order: 72005 more than 100 pay merchants; 72001 unknown card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseMchids {
    pub card_id: CardId,
    /// The pay merchants.
    pub mchids: Vec<Mchid>,
}

impl Command for ReleaseMchids {
    type Reply = Vec<Mchid>;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        let mchids = if self.mchids.len() > MCHIDS_MAX { &[] } else { &self.mchids[..] };
        for mchid in mchids {
            let key = mchid_key(*mchid);
            if ws.records.is_loaded(&key)
                && let Ok(Some(taken)) = ws.records.get(&key)
                && let Ok(taken) = taken.value::<MchidRule>()
            {
                keys.records.insert(rule_key(taken.rule_id));
            }
            keys.records.insert(key);
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Vec<Mchid>> {
        if self.mchids.len() > MCHIDS_MAX {
            let reason = format!("{} pay merchants, at most {MCHIDS_MAX}", self.mchids.len());
            return Err(Error::field(ErrCode::TooManyMchids, "mchid_list", reason));
        }
        if ws.card_by_id(&self.card_id)?.is_none() {
            let reason = format!("no card {}", self.card_id);
            return Err(Error::field(ErrCode::NoMatchCard, "card_id", reason));
        }
        let mut without = Vec::new();
        for mchid in &self.mchids {
            match ws.find_record::<MchidRule>(&mchid_key(*mchid), now)? {
                Some(taken) if taken.card_id.as_ref() == Some(&self.card_id) => {
                    take_out(ws, taken.rule_id, *mchid, now)?;
                }
                _ => without.push(*mchid),
            }
        }
        Ok(without)
    }
}

fn take_out(ws: &mut WorkingSet, rule_id: i64, mchid: Mchid, now: Timestamp) -> Result<()> {
    release(ws, rule_id, mchid, now)?;
    let key = rule_key(rule_id);
    let Some(mut rule) = ws.find_record::<PayGiftRule>(&key, now)? else { return Ok(()) };
    rule.mchids.retain(|other| *other != mchid);
    match rule.mchids.is_empty() {
        true => ws.records.remove(&key),
        false => ws.put_record(key, &rule),
    }
}
