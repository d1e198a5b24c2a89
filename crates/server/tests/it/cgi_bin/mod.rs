//! `/cgi-bin`: tokens, tickets, media, stores and QR codes.

mod clear_quota;
mod get_api_domain_ip;
mod getcallbackip;
mod media;
mod poi;
mod qrcode;
mod showqrcode;
mod stable_token;
mod ticket;
mod token;

use crate::support::*;

/// The errcode of a call with this token; 0 for success.
fn answer_to(server: &TestServer, token: &str) -> i64 {
    let reply = server.send("GET", &format!("/card/getcolors?access_token={token}"), &[], b"").json();
    if reply["errcode"] != 0 {
        answer::tail(&reply);
    }
    reply["errcode"].as_i64().expect("an errcode")
}

/// Checks a reply with a token. Returns the token and the seconds until it expires.
fn token_in(reply: &Value) -> (String, i64) {
    assert_eq!(shape::keys(reply), ["access_token", "expires_in"], "{reply}");
    let token = reply["access_token"].as_str().expect("text").to_owned();
    let url_safe = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    assert!(token.len() <= 512 && token.chars().all(url_safe), "{token}");
    (token, reply["expires_in"].as_i64().expect("a number"))
}
