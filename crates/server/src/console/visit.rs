//! A request for a page of an app: the account, the app and the role. It runs the page's queries and commands, and
//! adds an audit entry to each command.

use super::session::SignedIn;
use crate::auth::apps::AppHandle;
use crate::pages::once::{Changed, FormObject, NotDone, OnceForm, Scope, Submission};
use crate::pages::{Fault, Form, PageResult, Visitor, reply};
use crate::state::{blocking, query};
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::engine::Query;
use kaquan_core::error::Result;
use kaquan_core::id::AppId;
use kaquan_core::operation::{Audit, NoteAudit, Typed};
use kaquan_core::time::Timestamp;
use kaquan_store::{AppRow, Grant, Role, SettingsChange};
use serde_json::Value;
use std::ops::Deref;
use std::sync::Arc;

/// A request for a page of an app.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The request.
    pub visitor: Visitor,
    /// The signed-in account.
    pub signed_in: SignedIn,
    /// The app in the path.
    pub app: Arc<AppHandle>,
    /// The app's row, loaded for this request.
    pub row: AppRow,
    /// The account's role in this app.
    pub role: Role,
    /// The apps the account may see.
    pub apps: Vec<AppRow>,
}

impl Deref for Visit {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

/// The role of an account in an app: the highest role of its grants.
pub fn role_in(signed_in: &SignedIn, app: AppId) -> Option<Role> {
    highest(&signed_in.grants, app)
}

fn highest(grants: &[Grant], app: AppId) -> Option<Role> {
    let here = grants.iter().filter(|grant| grant.app.is_none_or(|granted| granted == app));
    here.map(|grant| grant.role).reduce(|best, next| if next.covers(best) { next } else { best })
}

/// The apps an account may see, oldest first.
pub async fn apps_of(visitor: &Visitor, signed_in: &SignedIn) -> Result<Vec<AppRow>> {
    let mut apps = blocking(&visitor.state, |store| store.apps()).await?;
    apps.retain(|row| role_in(signed_in, row.app.id).is_some());
    Ok(apps)
}

impl Visit {
    /// Checks the session, the app in the path, and the role. `least` is the lowest role that is allowed.
    ///
    /// # Errors
    ///
    /// Without a session, a redirect to the login page. 404 for an app in which the account has no role; 403 for a
    /// role that is too low.
    pub async fn read(visitor: Visitor, least: Role) -> Result<Visit, Fault> {
        let signed_in = SignedIn::of(&visitor).await?;
        let apps = apps_of(&visitor, &signed_in).await?;
        let row = apps.iter().find(|row| row.appid == visitor.param("appid")).cloned();
        let row = row.ok_or(Fault::NOT_FOUND)?;
        let role = role_in(&signed_in, row.app.id).ok_or(Fault::NOT_FOUND)?;
        if !role.covers(least) {
            return Err(Fault::FORBIDDEN);
        }
        let app = visitor.state.apps.get(row.app.id).await?.ok_or(Fault::NOT_FOUND)?;
        Ok(Visit { visitor, signed_in, app, row, role, apps })
    }

    /// Whether the session is still valid and its account still has this role. Streams need this check, because they
    /// run longer than a request. It does not extend the session. If the store fails, the result is `false`.
    pub async fn is_valid(&self, least: Role) -> bool {
        let (digest, app, now) = (self.signed_in.digest, self.app_id(), self.now());
        let found = blocking(&self.state, move |store| store.session(&digest)).await;
        let Ok(Some((session, account, grants))) = found else { return false };
        let lasts = session.expires_at > now && account.disabled_at.is_none();
        lasts && highest(&grants, app).is_some_and(|role| role.covers(least))
    }

    pub fn app_id(&self) -> AppId {
        self.row.app.id
    }

    /// The time of the server's clock.
    pub fn now(&self) -> Timestamp {
        self.state.clock.now()
    }

    /// The URL of a page of this app, such as `cards`.
    pub fn url(&self, path: &str) -> String {
        format!("/console/{}/{path}", self.row.appid)
    }

    /// Runs a query.
    pub async fn query<Q>(&self, look_up: Q) -> Result<Q::Reply>
    where
        Q: Query + Send + 'static,
        Q::Reply: Send + 'static,
    {
        query(&self.state, self.app_id(), look_up).await
    }

    /// Submits the command of a form about `object` to the ledger, with its entry in the audit log in the same
    /// transaction.
    ///
    /// # Errors
    ///
    /// The operation's own errors; -1 if it could not be committed.
    pub async fn submit<O: Typed>(
        &self,
        op: O,
        audit: Audit,
        form: &Form,
        object: FormObject,
    ) -> Result<Submission<O::Reply>> {
        self.once(form, object).submit(&self.state, self.app_id(), op, Some(audit)).await
    }

    /// Changes settings as a form about `object` requests, with an entry in the audit log in the same transaction.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub async fn change(
        &self,
        change: SettingsChange,
        audit: Audit,
        form: &Form,
        object: FormObject,
    ) -> Result<Submission<Changed>> {
        self.once(form, object).change(&self.state, self.app_id(), change, audit).await
    }

    /// Writes the audit entry of a form that has done something outside of the store.
    pub async fn note(&self, audit: Audit, form: &Form, object: FormObject) -> Result<Submission<()>> {
        self.once(form, object).submit(&self.state, self.app_id(), NoteAudit(audit), None).await
    }

    /// Why a form about `object` would change nothing. Handlers call this before they do work outside of the store.
    pub async fn not_to_do(&self, form: &Form, object: &FormObject) -> Result<Option<NotDone>> {
        self.once(form, object.clone()).refused(&self.state, self.app_id()).await
    }

    /// Identifies a form of this account that changes `object`.
    fn once(&self, form: &Form, object: FormObject) -> OnceForm {
        let who = format!("account {}", self.signed_in.account.id.0);
        OnceForm::read(form, Scope { who: &who, path: &self.path }, object)
    }

    /// The page after a form that changed nothing.
    pub fn not_done(&self, page: &impl Template) -> PageResult {
        reply::html(StatusCode::CONFLICT, page)
    }

    /// The audit entry of a change. `action` is a stable name such as `card_update`; `about` is the changed object.
    pub fn audit(&self, action: &str, about: &str, before: Value, after: Value) -> Audit {
        Audit {
            account: self.signed_in.account.name.as_str().into(),
            address: self.address.as_str().into(),
            action: action.into(),
            about: about.into(),
            before,
            after,
        }
    }

    pub fn page(&self, page: &impl Template) -> PageResult {
        reply::html(StatusCode::OK, page)
    }

    /// The page after a refused form.
    pub fn refused(&self, page: &impl Template) -> PageResult {
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, page)
    }

    /// Redirects to a page of this app, such as `cards`.
    pub fn go(&self, path: &str) -> PageResult {
        Ok(reply::redirect(&self.url(path)))
    }
}
