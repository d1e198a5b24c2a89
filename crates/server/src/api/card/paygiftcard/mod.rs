//! `/card/paygiftcard`: rules that give a card to people who pay.

pub mod add;
pub mod batchget;
pub mod delete;
pub mod getbyid;

use crate::http::params::Params;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::pay_gift::{AddOutcome, Mchid};
use kaquan_core::value::ident;
use serde::{Serialize, Serializer};
use std::collections::HashSet;

/// The pay merchants of a request, without duplicates: the valid ones, and the texts that are not a number.
pub fn mchids(params: Params<'_>) -> Result<(Vec<Mchid>, Vec<String>)> {
    let wrong = || Error::field(ErrCode::DataFormat, "mchid_list", "must be a list of texts");
    let list = match params.value("mchid_list") {
        None => return Ok(Default::default()),
        Some(list) => list.as_array().ok_or_else(wrong)?,
    };
    let (mut valid, mut invalid, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for entry in list {
        let name = ident(entry).ok_or_else(wrong)?;
        if !seen.insert(name.clone()) {
            continue;
        }
        match Mchid::parse(&name) {
            Some(mchid) => valid.push(mchid),
            None => invalid.push(name),
        }
    }
    Ok((valid, invalid))
}

/// A pay merchant in a reply: its number as text.
#[derive(Debug)]
pub struct MchidName(pub Mchid);

impl Serialize for MchidName {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.0)
    }
}

/// A pay merchant for which a call failed.
#[derive(Debug, Serialize)]
pub struct FailedMchid {
    /// The pay merchant as the request names it.
    pub mchid: String,
    /// The reason, as an errcode.
    pub errcode: i32,
    /// The text of the errcode.
    pub errmsg: &'static str,
    /// The existing rule of the pay merchant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupy_rule_id: Option<i64>,
    /// The appid of the app with that rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupy_appid: Option<String>,
}

impl FailedMchid {
    /// A failure with this errcode.
    pub fn of(mchid: String, code: ErrCode) -> FailedMchid {
        let (errcode, errmsg) = (code.number(), code.text());
        FailedMchid { mchid, errcode, errmsg, occupy_rule_id: None, occupy_appid: None }
    }

    /// The pay merchants that were not added to a new rule. The existing rules of these pay merchants also belong to
    /// the calling app, which has this appid.
    pub fn list(added: &AddOutcome, appid: &str) -> Vec<FailedMchid> {
        let occupied = added.occupied.iter().map(|(mchid, rule_id)| FailedMchid {
            occupy_rule_id: Some(*rule_id),
            occupy_appid: Some(appid.to_owned()),
            ..FailedMchid::of(mchid.0.to_string(), ErrCode::MchidOccupied)
        });
        let invalid = added.invalid.iter().map(|name| FailedMchid::of(name.clone(), ErrCode::InvalidMchid));
        occupied.chain(invalid).collect()
    }
}

/// The result for each pay merchant, in the reply of the older calls.
#[derive(Debug, Serialize)]
pub struct MchidsReply {
    /// Pay merchants for which the call failed, with the reasons.
    pub fail_mchid_list: Vec<FailedMchid>,
    /// Pay merchants for which the call succeeded.
    pub succ_mchid_list: Vec<MchidName>,
}

impl MchidsReply {
    /// The result of adding a rule for the app with this appid.
    pub fn of(added: &AddOutcome, appid: &str) -> MchidsReply {
        MchidsReply {
            fail_mchid_list: FailedMchid::list(added, appid),
            succ_mchid_list: added.succ.iter().copied().map(MchidName).collect(),
        }
    }
}
