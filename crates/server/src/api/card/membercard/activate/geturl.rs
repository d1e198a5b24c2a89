//! `POST /card/membercard/activate/geturl`. WeChat manual: "创建会员卡" (member cards), link of the activation form.

use crate::auth::biz_param::biz;
use crate::auth::encrypt_card_id;
use crate::http::link::encode;
use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::code::OUTER_STR_MAX;
use kaquan_core::error::Result;
use kaquan_core::member::CheckFormLink;
use serde::Serialize;

/// `{"card_id", "outer_str"?}` answers an [`ActivationUrlReply`]. Clients parse the URL themselves, so the order of
/// its parameters and both ampersands are fixed.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let card_id = params.card_id()?;
    let outer_str = params.text_up_to("outer_str", OUTER_STR_MAX)?.unwrap_or_default();
    let card = query(&call.state, call.app_id()?, CheckFormLink { card_id }).await?;
    let app = &call.app()?.row;
    let encrypted = encrypt_card_id::encrypt(&app.token_key, card)?;
    let url = format!(
        "{}/bizmall/activatemembercard?action=preshow&&encrypt_card_id={}&outer_str={}&biz={}#wechat_redirect",
        call.state.public_url,
        encode(&encrypted),
        encode(&outer_str),
        encode(&biz(&app.token_key)),
    );
    Answer::with(&ActivationUrlReply { url })
}

/// The reply of `/card/membercard/activate/geturl`.
#[derive(Debug, Serialize)]
struct ActivationUrlReply {
    /// The URL of the activation form.
    url: String,
}
