//! `GET /cgi-bin/getcallbackip` and its sister `get_api_domain_ip`: the addresses events come from and calls go to, for
//! merchants who let nobody else through. WeChat manual: "获取微信服务器IP地址" (addresses of the server).

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use serde_json::json;

/// Answers `{"ip_list"}` and no errcode.
pub async fn handle(call: Call) -> Result<Answer> {
    let list: Vec<&str> = call.state.callback_ips.iter().map(|block| block.as_str()).collect();
    Ok(Answer::Bare(json!({"ip_list": list})))
}
