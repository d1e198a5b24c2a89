//! `POST /card/testwhitelist/set`. WeChat manual: "投放卡券" (distribute cards), test white list.

use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::card::{SetWhiteList, WhiteList};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::OPENID_MAX;
use kaquan_core::value::ident;
use serde::Serialize;
use serde_json::Value;

/// `{"openid"?: […], "username"?: […]}` answers a [`WhiteListReply`]. A missing list is empty. Texts that cannot be a
/// name are left out.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let list = WhiteList { openids: names(params, "openid")?, usernames: names(params, "username")? };
    let (openids, usernames) = (list.openids.clone(), list.usernames.clone());
    call.submit(SetWhiteList { list }).await?;
    Answer::with(&WhiteListReply {
        white_list_size: openids.len() + usernames.len(),
        success_openid: openids,
        success_username: usernames,
    })
}

/// The reply of `/card/testwhitelist/set`.
#[derive(Debug, Serialize)]
struct WhiteListReply {
    /// How many names of both kinds are on the list now.
    white_list_size: usize,
    /// The openids on the list now.
    success_openid: Vec<String>,
    /// The WeChat ids on the list now.
    success_username: Vec<String>,
}

fn names(params: Params<'_>, key: &str) -> Result<Vec<String>> {
    let wrong = || Error::field(ErrCode::DataFormat, key, "must be a list of texts");
    let list: Vec<String> = match params.value(key) {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => {
            list.iter().map(|name| ident(name).ok_or_else(wrong)).collect::<Result<_>>()?
        }
        Some(name) => vec![ident(name).ok_or_else(wrong)?],
    };
    let mut kept: Vec<String> = Vec::new();
    for name in list {
        let valid = !name.is_empty() && name.len() <= OPENID_MAX && !name.contains(char::is_whitespace);
        if valid && !kept.contains(&name) {
            kept.push(name);
        }
    }
    Ok(kept)
}
