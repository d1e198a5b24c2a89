//! `/w/l/{appid}/{page_id}`: a page of cards, created by `landingpage/create`. Also `/bizmall/appmsgcard`, the link
//! of a card in an article.

use super::frame::Frame;
use super::guest::Guest;
use crate::http::link::{encode, with_params};
use crate::pages::card_view::CardFace;
use crate::pages::{Fault, Fields, PageResult, Visitor, reply, texts};
use crate::state::{cards, records_at};
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::card::{CheckForArticle, LandingPage};
use kaquan_core::error::ErrCode;

#[derive(Template)]
#[template(path = "wallet/landing.html")]
struct LandingPageView {
    frame: Frame,
    banner: String,
    cards: Vec<(String, CardFace, String)>,
    t: &'static Texts,
}

/// The page of cards.
pub async fn show(visitor: Visitor, _: Fields) -> PageResult {
    let appid = visitor.param("appid").to_owned();
    let guest = Guest::of_appid(visitor, &appid).await?;
    let no: i64 = guest.param("page_id").parse().map_err(|_| Fault::NOT_FOUND)?;
    let app = guest.app_id();
    let page = records_at::<LandingPage>(&guest.state, app, vec![LandingPage::key(no)]).await?.pop();
    let page = page.ok_or(Fault::NOT_FOUND)?;
    let ids = page.cards.iter().map(|(card_id, _)| card_id.clone()).collect();
    let all = cards(&guest.state, app, ids).await?;
    let link = |(card_id, picture): &(kaquan_core::id::CardId, String)| {
        let card = all.iter().find(|card| card.id == *card_id && card.status.is_open())?;
        let url = with_params(&guest.url(&format!("card/{card_id}")), &[("outer_str", &page.scene)]);
        Some((url, CardFace::of(guest.lang, card), picture.clone()))
    };
    let links = page.cards.iter().filter_map(link).collect();
    let frame = Frame::new(&guest, page.page_title.clone());
    let t = Texts::of(guest.lang);
    reply::html(StatusCode::OK, &LandingPageView { frame, banner: page.banner.clone(), cards: links, t })
}

/// Redirects to the claim page of the card in an article.
pub async fn from_article(visitor: Visitor, _: Fields) -> PageResult {
    let card_id = visitor.query.get("cardid").unwrap_or_default().to_owned();
    let guest = Guest::of_biz(visitor).await?;
    // A caller that does not know a card of the app must not learn anything about the app.
    let found = guest.query(CheckForArticle { card_id: card_id.as_str().into() }).await;
    if found.is_err_and(|error| error.code == ErrCode::InvalidCardId) {
        return Err(Fault::NOT_FOUND);
    }
    Ok(reply::redirect(&guest.url(&format!("card/{}", encode(&card_id)))))
}

texts! {
    /// The texts of the page.
    Texts {
        none: "There is nothing to claim here now.", "暂无可领取的卡券。";
    }
}
