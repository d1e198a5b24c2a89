//! A guest of the wallet: a visitor of an app's pages, and the holder if the guest is identified. The session of a
//! holder is an encrypted cookie that is bound to its identity provider. The `csrf` token of forms is derived from
//! the cookie.

use super::identity::provider::Provider;
use crate::auth::aead::{self, Purpose};
use crate::auth::apps::AppHandle;
use crate::auth::biz_param::Biz;
use crate::auth::secret;
use crate::encoding::{from_url_base64, hex, url_base64};
use crate::fair::{Permit, WorkKind};
use crate::pages::cookie::Cookie;
use crate::pages::once::{FormObject, OnceForm, Scope, Submission};
use crate::pages::{Fault, Fields, Form, Visitor, reply};
use crate::state::{State, blocking, query};
use axum::body::Body;
use axum::http::Response;
use kaquan_core::engine::Query;
use kaquan_core::error::Result;
use kaquan_core::id::{AppId, OpenId};
use kaquan_core::identity::{FindSession, LeaveWallet};
use kaquan_core::operation::Typed;
use kaquan_core::time::Timestamp;
use sha2::{Digest, Sha256};
use std::ops::Deref;
use std::sync::Arc;

/// Lifetime of a holder's session in seconds: thirty days.
const KNOWN_SECS: i64 = 30 * 86_400;

/// A guest of an app's pages.
#[derive(Debug, Clone)]
pub struct Guest {
    /// The request.
    pub visitor: Visitor,
    pub app: Arc<AppHandle>,
    /// The holder; `None` if the guest is not identified.
    pub openid: Option<OpenId>,
    /// A permit of the app's share of pages, held while a page is created. Forms that claim do not need it.
    share: Option<Arc<Permit>>,
    /// The `csrf` token of forms; empty if the guest is not identified.
    pub csrf: String,
    /// The session; `None` if the guest is not identified.
    session: Option<Session>,
}

/// The session of a holder, as it is in the cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Session {
    /// A random id. When the holder leaves, this id is stored as ended.
    id: Arc<str>,
    expires_at: Timestamp,
    /// The identity provider of the session; see [`Provider::binding`].
    binding: String,
    openid: OpenId,
}

impl Deref for Guest {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl Guest {
    /// The guest of the app with this appid.
    ///
    /// # Errors
    ///
    /// 404 if the app does not exist.
    pub async fn of_appid(visitor: Visitor, appid: &str) -> Result<Guest, Fault> {
        let appid = appid.to_owned();
        let row = blocking(&visitor.state, move |store| store.app_by_appid(&appid)).await?;
        Guest::of_app(visitor, row.ok_or(Fault::NOT_FOUND)?.app.id).await
    }

    /// The guest of the app that a link names in `biz`. The caller must check that other parts of the link come from
    /// this app.
    ///
    /// # Errors
    ///
    /// 404 if the app does not exist.
    pub async fn of_biz(visitor: Visitor) -> Result<Guest, Fault> {
        let biz = Biz::read(visitor.query.get("biz").unwrap_or_default()).ok_or(Fault::NOT_FOUND)?;
        let app = visitor.state.apps.by_biz(biz).await?.ok_or(Fault::NOT_FOUND)?;
        Guest::of_app(visitor, app.row.app.id).await
    }

    /// The guest of this app.
    ///
    /// # Errors
    ///
    /// 404 if the app does not exist; 503 if too many pages of the app are requested at once.
    pub async fn of_app(visitor: Visitor, app: AppId) -> Result<Guest, Fault> {
        let app = visitor.state.apps.get(app).await?.ok_or(Fault::NOT_FOUND)?;
        let name = cookie_name(&app);
        let cookie = visitor.cookie(&name).map(str::to_owned);
        let session = match cookie.as_deref().and_then(|text| Session::open(&app, text)) {
            Some(session) if session.is_good(&visitor.state, app.row.app.id).await? => Some(session),
            _ => None,
        };
        let csrf = match (&cookie, &session) {
            (Some(cookie), Some(_)) => {
                let digest = Sha256::new().chain_update("form\n").chain_update(cookie).finalize();
                url_base64(&digest)
            }
            _ => String::new(),
        };
        let openid = session.as_ref().map(|session| session.openid.clone());
        let share = match visitor.is_get {
            true => Some(Arc::new(visitor.state.shares.enter(app.row.app.id, WorkKind::Page).await?)),
            false => None,
        };
        Ok(Guest { visitor, app, openid, csrf, session, share })
    }

    /// Gives the permit back. Called before the guest's request waits for a commit.
    pub fn leave_share(&mut self) {
        self.share = None;
    }

    /// Takes a permit again.
    ///
    /// # Errors
    ///
    /// 503 if too many pages of the app are requested at once.
    pub async fn take_share(&mut self) -> Result<(), Fault> {
        self.share = Some(Arc::new(self.state.shares.enter(self.app_id(), WorkKind::Page).await?));
        Ok(())
    }

    pub fn app_id(&self) -> AppId {
        self.app.row.app.id
    }

    /// The URL of a page in this app's wallet.
    pub fn url(&self, path: &str) -> String {
        format!("/w/{}/{path}", self.app.row.appid)
    }

    /// The identified holder.
    ///
    /// # Errors
    ///
    /// If the guest is not identified, a redirect to the identity provider, which leads back to `next`.
    pub fn holder(&self, next: &str) -> Result<OpenId, Fault> {
        self.openid.clone().ok_or_else(|| {
            let query = Fields::default().with("next", Some(next));
            Fault::SignIn(format!("{}?{query}", self.url("who")))
        })
    }

    /// The holder who sends a form, and the form.
    ///
    /// # Errors
    ///
    /// As [`Guest::check`]; 409 for a form without an idempotency key.
    pub fn sender(&self, fields: Fields, next: &str) -> Result<(OpenId, Form), Fault> {
        Ok((self.check(&fields, next)?, Form::of(fields)?))
    }

    /// The holder who sends a form, without an idempotency key. The form that ends the session needs none.
    ///
    /// # Errors
    ///
    /// As [`Guest::holder`]; 403 for a form that does not belong to this session.
    pub fn check(&self, form: &Fields, next: &str) -> Result<OpenId, Fault> {
        let openid = self.holder(next)?;
        let given = Sha256::digest(form.get("csrf").unwrap_or_default());
        match &self.session {
            _ if given == Sha256::digest(&self.csrf) => Ok(openid),
            Some(session) => Err(Fault::OldPage(session.expires_at.plus(-KNOWN_SECS))),
            None => Err(Fault::FORBIDDEN),
        }
    }

    /// Begins a session of this holder and redirects.
    ///
    /// # Errors
    /// 500 if the system returns no random bytes.
    pub fn becomes(&self, provider: &Provider, openid: &str, next: &str) -> Result<Response<Body>, Fault> {
        let session = Session {
            id: hex(&secret::random::<16>()?).into(),
            expires_at: self.state.clock.now().plus(KNOWN_SECS),
            binding: provider.binding.clone(),
            openid: OpenId::from(openid),
        };
        Ok(self.with_cookie(reply::redirect(next), &session.seal(&self.app)?, KNOWN_SECS))
    }

    /// Ends the guest's session in the store and redirects.
    ///
    /// # Errors
    /// 500 if the store fails. The session then stays valid.
    pub async fn leaves(&self, next: &str) -> Result<Response<Body>, Fault> {
        if let Some(Session { id, expires_at, .. }) = self.session.clone() {
            self.submit(LeaveWallet { session: id, expires_at }).await?;
        }
        Ok(self.with_cookie(reply::redirect(next), "", 0))
    }

    /// Adds the session's cookie to a response. Each app has its own cookie, so that sessions are independent.
    fn with_cookie(&self, response: Response<Body>, value: &str, max_age: i64) -> Response<Body> {
        let name = cookie_name(&self.app);
        let cookie = Cookie { name: &name, value, path: "/w", max_age, secure: self.secure() };
        reply::with_cookie(response, &cookie)
    }

    /// Runs a query.
    pub async fn query<Q>(&self, look_up: Q) -> Result<Q::Reply>
    where
        Q: Query + Send + 'static,
        Q::Reply: Send + 'static,
    {
        query(&self.state, self.app_id(), look_up).await
    }

    /// Submits a command that no form asks for, such as a view, to the ledger.
    pub async fn submit<O: Typed>(&self, op: O) -> Result<O::Reply> {
        self.state.ledger.submit(self.app_id(), op).await
    }

    /// As [`Guest::submit`], for a form with an idempotency key.
    pub async fn submit_once<O: Typed>(&self, op: O, form: OnceForm) -> Result<Submission<O::Reply>> {
        form.submit(&self.state, self.app_id(), op, None).await
    }

    /// Identifies a form of this holder that changes `object`.
    pub fn once(&self, form: &Form, openid: &OpenId, object: FormObject) -> OnceForm {
        let who = format!("holder {openid}");
        OnceForm::read(form, Scope { who: &who, path: &self.path }, object)
    }
}

fn cookie_name(app: &AppHandle) -> String {
    format!("kaquan_holder_{}", app.row.appid)
}

impl Session {
    /// The encrypted value of the cookie.
    fn seal(&self, app: &AppHandle) -> Result<String> {
        let Session { id, expires_at, binding, openid } = self;
        let text = format!("{} {id} {binding} {openid}", expires_at.0);
        let sealed = aead::seal(&app.row.token_key, Purpose::Holder, text.as_bytes())?;
        Ok(url_base64(&sealed))
    }

    /// The session in a cookie; `None` for a cookie that is not from this app. Older cookies without a session id are
    /// not accepted.
    fn open(app: &AppHandle, cookie: &str) -> Option<Session> {
        let sealed = from_url_base64(cookie)?;
        let text = String::from_utf8(aead::open(&app.row.token_key, Purpose::Holder, &sealed)?).ok()?;
        let mut parts = text.splitn(4, ' ');
        let expires_at = Timestamp(parts.next()?.parse().ok()?);
        let (id, binding) = (parts.next()?.into(), parts.next()?.to_owned());
        Some(Session { id, expires_at, binding, openid: OpenId::from(parts.next()?) })
    }

    /// Whether the session is valid: it has not expired, the holder has not left, and its identity provider is still
    /// configured.
    async fn is_good(&self, state: &State, app: AppId) -> Result<bool> {
        if self.expires_at <= state.clock.now() {
            return Ok(false);
        }
        let (settings, left) = query(state, app, FindSession { session: self.id.clone() }).await?;
        let provider = Provider::in_force(settings, state.sandbox);
        Ok(!left && provider.is_some_and(|provider| provider.binding == self.binding))
    }
}
