//! The names of claim links in text messages. Such a link must be short, so its content is kept in a record. Its name is
//! twelve characters: two bytes that narrow down the app, and seven bytes of a MAC of the content, which only the app's
//! key can make. The same content always has the same link.

use super::biz_param;
use super::token_text::mac;
use crate::encoding::{from_url_base64, url_base64};
use crate::state::{State, records_at};
use hmac::Mac;
use kaquan_core::card::SmsLink;
use kaquan_core::engine::RecordKey;
use kaquan_core::error::Result;
use kaquan_core::id::AppId;
use serde_json::json;

/// Bytes that narrow down the app: the beginning of its name in links.
const APP_LEN: usize = 2;
/// Bytes of the MAC. A guess meets one of a million links once in 2^36 tries.
const MAC_LEN: usize = 7;

/// The name of a link of the app with this key.
pub fn name(token_key: &[u8; 32], link: &SmsLink) -> String {
    let SmsLink { card_id, code, outer_id, outer_str } = link;
    let content = json!(["sms link", card_id, code, outer_id, outer_str]).to_string();
    let mac = mac(token_key, content.as_bytes()).finalize().into_bytes();
    url_base64(&[&biz_param::name(token_key)[..APP_LEN], &mac[..MAC_LEN]].concat())
}

/// The app and the content of the link with this name; `None` if there is no such link.
///
/// # Errors
///
/// The errors of the store.
pub async fn find(state: &State, name: &str) -> Result<Option<(AppId, SmsLink)>> {
    let bytes = from_url_base64(name).filter(|bytes| bytes.len() == APP_LEN + MAC_LEN);
    let Some(begin) = bytes.as_ref().and_then(|bytes| bytes.get(..APP_LEN)) else { return Ok(None) };
    // The cache may lack the app, and another app in it may have the same beginning.
    let known = state.apps.known_by_name(begin);
    if let Some(found) = find_in(state, &known, name).await? {
        return Ok(Some(found));
    }
    let mut others = state.apps.all_by_name(begin).await?;
    others.retain(|app| !known.contains(app));
    find_in(state, &others, name).await
}

async fn find_in(state: &State, apps: &[AppId], name: &str) -> Result<Option<(AppId, SmsLink)>> {
    for app in apps {
        let key = RecordKey::named::<SmsLink>(name);
        if let Some(link) = records_at::<SmsLink>(state, *app, vec![key]).await?.pop() {
            return Ok(Some((*app, link)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_belongs_to_one_content_and_one_key() {
        let link = SmsLink { card_id: "p1".into(), code: None, outer_id: 1, outer_str: None };
        let first = name(&[1; 32], &link);
        assert_eq!((first.len(), &first), (12, &name(&[1; 32], &link)));
        assert_ne!(first, name(&[2; 32], &link));
        assert_ne!(first, name(&[1; 32], &SmsLink { outer_id: 2, ..link }));
    }
}
