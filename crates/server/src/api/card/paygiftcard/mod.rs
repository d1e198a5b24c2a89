//! `/card/paygiftcard`: rules that give a card to those who pay.

pub mod add;
pub mod batchget;
pub mod delete;
pub mod getbyid;

use crate::http::params::Params;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::pay_gift::Mchid;
use kaquan_core::value::ident;
use serde_json::{Value, json};
use std::collections::HashSet;

/// The pay merchants of a request, each once: those that are numbers, and the names of those that are not.
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

/// A pay merchant as replies have it.
pub fn mchid_json(mchid: &Mchid) -> Value {
    mchid.0.to_string().into()
}

/// A pay merchant that was not taken, and why.
pub fn failed(mchid: &str, code: ErrCode) -> Value {
    json!({"mchid": mchid, "errcode": code.number(), "errmsg": code.text()})
}
