//! `GET /cgi-bin/getcallbackip` and `get_api_domain_ip`: the addresses that send events, and the addresses that
//! receive calls. Merchants need them for their firewalls. WeChat manual: "获取微信服务器IP地址" (addresses of the server).

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use serde::Serialize;

/// Returns an [`AddressesReply`] without errcode.
pub async fn handle(call: Call) -> Result<Answer> {
    let ip_list = call.state.callback_ips.iter().map(|block| block.as_str()).collect();
    Answer::bare(&AddressesReply { ip_list })
}

/// The reply of `/cgi-bin/getcallbackip` and `/cgi-bin/get_api_domain_ip`.
#[derive(Debug, Serialize)]
struct AddressesReply<'a> {
    /// IP addresses, or blocks of them in CIDR form.
    ip_list: Vec<&'a str>,
}
