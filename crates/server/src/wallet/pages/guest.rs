//! A guest of the wallet: a visitor of an app's pages, and the holder it is if that is known. Whoever was told to be a
//! holder keeps a sealed cookie that says so; forms carry a token that follows from it.

use crate::auth::apps::AppHandle;
use crate::auth::biz::Biz;
use crate::auth::seal::{self, Purpose};
use crate::pages::cookie::Cookie;
use crate::pages::{Fault, Fields, Visitor, reply};
use crate::state::{blocking, query};
use axum::body::Body;
use axum::http::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaquan_core::engine::{Apply, Typed};
use kaquan_core::error::Result;
use kaquan_core::id::{AppId, OpenId};
use sha2::{Digest, Sha256};
use std::ops::Deref;
use std::sync::Arc;

/// Seconds a holder stays known: thirty days.
const KNOWN_SECS: i64 = 30 * 86_400;

/// A guest of an app's pages.
#[derive(Debug, Clone)]
pub struct Guest {
    /// The request.
    pub visitor: Visitor,
    /// The app.
    pub app: Arc<AppHandle>,
    /// The holder, if it is known who it is.
    pub openid: Option<OpenId>,
    /// What a form has to carry; empty where the holder is not known.
    pub csrf: String,
}

impl Deref for Guest {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl Guest {
    /// A guest of the app with this appid.
    ///
    /// Errors: 404 when there is none.
    pub async fn of_appid(visitor: Visitor, appid: &str) -> Result<Guest, Fault> {
        let appid = appid.to_owned();
        let row = blocking(&visitor.state, move |store| store.app_by_appid(&appid)).await?;
        Guest::of_app(visitor, row.ok_or(Fault::NOT_FOUND)?.app.id).await
    }

    /// A guest of the app that a link names with `biz`. The rest of the link has to show that the app made it.
    ///
    /// Errors: 404 when there is none.
    pub async fn of_biz(visitor: Visitor) -> Result<Guest, Fault> {
        let biz = Biz::read(visitor.query.get("biz").unwrap_or_default()).ok_or(Fault::NOT_FOUND)?;
        let app = visitor.state.apps.by_biz(biz, &visitor.state).await?.ok_or(Fault::NOT_FOUND)?;
        Guest::of_app(visitor, app.row.app.id).await
    }

    /// A guest of this app.
    ///
    /// Errors: 404 when there is none.
    pub async fn of_app(visitor: Visitor, app: AppId) -> Result<Guest, Fault> {
        let app = visitor.state.apps.get(app, &visitor.state).await?.ok_or(Fault::NOT_FOUND)?;
        let name = cookie_name(&app);
        let cookie = visitor.cookie(&name).map(str::to_owned);
        let openid = cookie.as_deref().and_then(|text| read(&app, text, visitor.state.clock.now().0));
        let csrf = match (&cookie, &openid) {
            (Some(cookie), Some(_)) => {
                let digest = Sha256::new().chain_update("form\n").chain_update(cookie).finalize();
                URL_SAFE_NO_PAD.encode(digest)
            }
            _ => String::new(),
        };
        Ok(Guest { visitor, app, openid, csrf })
    }

    /// The number of the app.
    pub fn app_id(&self) -> AppId {
        self.app.row.app.id
    }

    /// The address of a page of this app's wallet.
    pub fn url(&self, path: &str) -> String {
        format!("/w/{}/{path}", self.app.row.appid)
    }

    /// The holder.
    ///
    /// Errors: leads to where the guest says who it is, and from there back to `next`.
    pub fn holder(&self, next: &str) -> Result<OpenId, Fault> {
        self.openid.clone().ok_or_else(|| {
            let query = Fields::default().with("next", Some(next));
            Fault::SignIn(format!("{}?{query}", self.url("who")))
        })
    }

    /// The holder who sends a form.
    ///
    /// Errors: as [`Guest::holder`]; 403 for a form that is not of this session.
    pub fn sender(&self, form: &Fields, next: &str) -> Result<OpenId, Fault> {
        let openid = self.holder(next)?;
        let given = Sha256::digest(form.get("csrf").unwrap_or_default());
        if given == Sha256::digest(&self.csrf) { Ok(openid) } else { Err(Fault::FORBIDDEN) }
    }

    /// Leads on, with the guest known as this holder from now on.
    pub fn becomes(&self, openid: &str, next: &str) -> Result<Response<Body>, Fault> {
        let until = self.state.clock.now().plus(KNOWN_SECS).0;
        let text = format!("{until} {openid}");
        let sealed = seal::seal(&self.app.row.token_key, Purpose::Holder, text.as_bytes())?;
        let value = seal::to_url_base64(&sealed);
        Ok(self.with_cookie(reply::redirect(next), &value, KNOWN_SECS))
    }

    /// Leads on, with the guest nobody any more.
    pub fn leaves(&self, next: &str) -> Response<Body> {
        self.with_cookie(reply::redirect(next), "", 0)
    }

    /// One cookie for each app, so that being somebody in one says nothing in another.
    fn with_cookie(&self, response: Response<Body>, value: &str, max_age: i64) -> Response<Body> {
        let name = cookie_name(&self.app);
        let cookie = Cookie { name: &name, value, path: "/w", max_age, secure: self.secure() };
        reply::with_cookie(response, &cookie)
    }

    /// Applies a look-up to rows that are read and never written.
    pub async fn query<Q>(&self, look_up: Q) -> Result<Q::Reply>
    where
        Q: Apply + Send + 'static,
        Q::Reply: Send + 'static,
    {
        query(&self.state, self.app_id(), look_up).await
    }

    /// Hands what a holder does to the ledger.
    pub async fn submit<O: Typed>(&self, op: O) -> Result<O::Reply> {
        self.state.ledger.submit(self.app_id(), op).await
    }

    /// As [`Guest::submit`], for a form that is done once however often it is sent; see [`Fields::once`].
    pub async fn submit_once<O: Typed>(&self, op: O, form: &Fields) -> Result<O::Reply> {
        self.state.ledger.submit_once(self.app_id(), op, form.once()).await
    }
}

fn cookie_name(app: &AppHandle) -> String {
    format!("kaquan_holder_{}", app.row.appid)
}

/// The holder a cookie names, while it is good.
fn read(app: &AppHandle, text: &str, now: i64) -> Option<OpenId> {
    let sealed = seal::from_url_base64(text)?;
    let text = String::from_utf8(seal::open(&app.row.token_key, Purpose::Holder, &sealed)?).ok()?;
    let (until, openid) = text.split_once(' ')?;
    (until.parse::<i64>().ok()? > now).then(|| OpenId::from(openid))
}
