//! `POST /card/mpnews/gethtml`. WeChat manual: "投放卡券" (distribute cards), cards in articles.

use crate::auth::biz_param::biz;
use crate::http::link::encode;
use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::card::CheckForArticle;
use kaquan_core::error::Result;
use serde::Serialize;

/// `{"card_id"}` answers an [`ArticleReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let card_id = call.params().card_id()?;
    query(&call.state, call.app_id()?, CheckForArticle { card_id: card_id.clone() }).await?;
    let (public_url, biz) = (&call.state.public_url, encode(&biz(&call.app()?.row.token_key)));
    let content = format!(
        "<iframe class=\"res_iframe card_iframe js_editor_card\" data-src=\"{public_url}/bizmall/appmsgcard?\
         action=show&amp;biz={biz}&amp;cardid={}&amp;wechat_card_js=1#wechat_redirect\"></iframe>",
        encode(card_id.as_str()),
    );
    Answer::with(&ArticleReply { content })
}

/// The reply of `/card/mpnews/gethtml`.
#[derive(Debug, Serialize)]
struct ArticleReply {
    /// The HTML element of the card, for an article.
    content: String,
}
