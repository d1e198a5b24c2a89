//! `/card/paygiftcard`: rules that give a card to payers.

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

/// The pay merchants of a request, each once: the valid ones, and the names that are not a number.
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

/// A pay merchant that a call could not do its work for.
#[derive(Debug, Serialize)]
pub struct FailedMchid {
    /// The pay merchant as the request names it.
    pub mchid: String,
    /// Why, as an errcode.
    pub errcode: i32,
    /// The text of the errcode.
    pub errmsg: &'static str,
    /// The rule that the pay merchant has already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupy_rule_id: Option<i64>,
    /// The appid of the app that has this rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupy_appid: Option<String>,
}

impl FailedMchid {
    /// A failure with this errcode.
    pub fn of(mchid: String, code: ErrCode) -> FailedMchid {
        let (errcode, errmsg) = (code.number(), code.text());
        FailedMchid { mchid, errcode, errmsg, occupy_rule_id: None, occupy_appid: None }
    }

    /// The pay merchants that a new rule does not have. `appid` is the app that calls, which has their other rules too.
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

/// The pay merchants of a call of the older form, by outcome.
#[derive(Debug, Serialize)]
pub struct MchidsReply {
    /// Pay merchants without success, and why.
    pub fail_mchid_list: Vec<FailedMchid>,
    /// Pay merchants with success.
    pub succ_mchid_list: Vec<MchidName>,
}

impl MchidsReply {
    /// The outcome of a new rule of the app with this appid.
    pub fn of(added: &AddOutcome, appid: &str) -> MchidsReply {
        MchidsReply {
            fail_mchid_list: FailedMchid::list(added, appid),
            succ_mchid_list: added.succ.iter().copied().map(MchidName).collect(),
        }
    }
}
