//! `POST /card/landingpage/create`. WeChat manual: "投放卡券" (distribute cards), landing pages.

use crate::http::params::Params;
use crate::http::{Answer, Call};
use kaquan_core::card::{CARDS_MAX, CreateLandingPage, LandingPage, SCENES, TEXT_MAX};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::CardId;
use serde::Serialize;
use serde_json::Value;

/// `{"banner", "page_title", "can_share", "scene", "card_list": [{"card_id", "thumb_url"}]}` answers a
/// [`LandingPageReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let page = read(call.params())?;
    let page_id = call.submit(CreateLandingPage { page }).await?;
    let url = format!("{}/w/l/{}/{page_id}", call.state.public_url, call.app()?.row.appid);
    Answer::with(&LandingPageReply { url, page_id })
}

/// The reply of `/card/landingpage/create`.
#[derive(Debug, Serialize)]
struct LandingPageReply {
    /// The URL of the page.
    url: String,
    /// The number of the page.
    page_id: i64,
}

fn read(params: Params<'_>) -> Result<LandingPage> {
    let needed =
        |key: &str, text: Option<String>| text.ok_or_else(|| Error::missing(format!("m_data.{key}")));
    let title = match params.text_up_to("page_title", TEXT_MAX)? {
        None => params.text_up_to("title", TEXT_MAX)?,
        title => title,
    };
    Ok(LandingPage {
        banner: needed("banner", params.text_up_to("banner", TEXT_MAX)?)?,
        page_title: needed("page_title", title)?,
        can_share: params.flag("can_share")?.ok_or_else(|| Error::missing("m_data.can_share"))?,
        scene: scene(params)?,
        cards: cards(params)?,
    })
}

/// The scene by its name, or by its number, which older clients send.
fn scene(params: Params<'_>) -> Result<String> {
    let scene = params.text("scene")?.ok_or_else(|| Error::missing("m_data.scene"))?;
    let by_number = scene.parse::<usize>().ok().and_then(|number| SCENES.get(number));
    Ok(by_number.map_or(scene, |name| (*name).to_owned()))
}

fn cards(params: Params<'_>) -> Result<Vec<(CardId, String)>> {
    let wrong = || Error::field(ErrCode::DataFormat, "card_list", "must be a list of objects");
    let list = match params.value("card_list") {
        None => return Err(Error::missing("m_data.card_list")),
        Some(list) => list.as_array().ok_or_else(wrong)?,
    };
    if list.is_empty() || list.len() > CARDS_MAX {
        let reason = format!("{} cards, must be 1 to {CARDS_MAX}", list.len());
        return Err(Error::field(ErrCode::CardListSize, "card_list", reason));
    }
    let card = |card: &Value| {
        let card = Params(card.as_object().ok_or_else(wrong)?);
        Ok((card.card_id()?, card.text_up_to("thumb_url", TEXT_MAX)?.unwrap_or_default()))
    };
    list.iter().map(card).collect()
}
