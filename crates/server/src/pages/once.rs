//! Forms that are done only once. A form has an idempotency key in its hidden field `once`, and in `seen` a digest of
//! the state that its page showed. If the form was sent before, or shows an old state, it changes nothing. Then the
//! page is shown again with the current state and a new key.

use super::{Fields, Form, Lang, format, texts};
use crate::encoding::hex;
use crate::state::{State, blocking, query};
use kaquan_core::error::{Detail, Result};
use kaquan_core::id::AppId;
use kaquan_core::operation::{
    Audit, EarlierUse, Expectation, FindEarlierUse, IdempotencyKey, NoteAudit, Request, RequestOutcome, Typed,
};
use kaquan_core::time::Timestamp;
use kaquan_store::{Account, SettingsChange, SettingsOutcome};
use sha2::{Digest, Sha256};

/// A short digest of a state, for the hidden field `seen`.
pub fn mark(state: &str) -> String {
    hex(&Sha256::digest(state)).chars().take(16).collect()
}

/// The sender and the path of a form.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The account or the holder who sends the form.
    pub who: &'a str,
    /// The path that receives the form.
    pub path: &'a str,
}

/// The object that a form changes, with its state when the form arrives.
#[derive(Debug, Clone, Default)]
pub struct FormObject {
    /// The name of the object, unique for the path.
    pub name: String,
    /// The mark of the object's state; empty if the state does not matter.
    pub mark: String,
    /// The object's state, which is checked again in the transaction of the change.
    pub expected: Option<Expectation>,
}

impl FormObject {
    /// An object whose state does not matter.
    pub fn named(name: impl Into<String>) -> FormObject {
        FormObject { name: name.into(), ..FormObject::default() }
    }

    /// An object that no operation changes, with the mark of its state.
    pub fn marked(name: impl Into<String>, mark: String) -> FormObject {
        FormObject { mark, ..FormObject::named(name) }
    }
}

/// A received form with its idempotency key.
#[derive(Debug, Clone)]
pub struct OnceForm {
    once: IdempotencyKey,
    /// Whether the form needs the state that its page showed, and does not have it.
    incomplete: bool,
    /// Whether the object has changed since the page was created.
    moved: bool,
    expected: Option<Expectation>,
}

/// The result of a change that is no operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It was made.
    Done,
    /// It created this account.
    Account(Account),
    /// The change is not possible. Neither the form's key nor an audit entry was stored.
    Refused,
}

/// The result of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submission<R> {
    /// The form was done now.
    Done(R),
    /// The form was not done now.
    Not(NotDone, Option<R>),
}

/// Why a form changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDone {
    /// The same form was sent before. It was done at this time.
    Before(Timestamp),
    /// The page was used before, at this time, with different content.
    Used(Timestamp),
    /// The object has changed since the page was created.
    Moved,
    /// The form has no idempotency key, or no state where it needs one. It does not come from a page of this server,
    /// or not all of it arrived.
    Incomplete,
}

impl OnceForm {
    /// Reads a form that changes this object.
    pub fn read(form: &Form, scope: Scope<'_>, object: FormObject) -> OnceForm {
        let Scope { who, path } = scope;
        let FormObject { name: object, mark, expected } = object;
        let scoped = Sha256::digest(format!("{who}\n{path}\n{object}\n{}", form.key()));
        let content = ["csrf", "seen"].into_iter().fold(Fields::clone(form), |form, name| form.without(name));
        let once = IdempotencyKey {
            // No key that comes by the API has a line feed in it.
            key: format!("form\n{}", hex(&scoped)).into(),
            digest: hex(&Sha256::digest(content.with("once", None))).into(),
        };
        let seen = form.get("seen");
        let incomplete = seen.is_none() && !mark.is_empty();
        let moved = seen.is_some_and(|seen| !mark.is_empty() && seen != mark);
        OnceForm { once, incomplete, moved, expected }
    }

    /// The earlier use of this form's key, if there was one.
    ///
    /// # Errors
    /// -1 if the store cannot be read.
    pub async fn earlier(&self, state: &State, app: AppId) -> Result<Option<EarlierUse>> {
        query(state, app, FindEarlierUse(self.once.clone())).await
    }

    /// Why the form would change nothing, as far as this is known before its work. For work that is no operation.
    ///
    /// # Errors
    /// -1 when the store cannot be read.
    pub async fn refused(&self, state: &State, app: AppId) -> Result<Option<NotDone>> {
        Ok(match self.earlier(state, app).await? {
            Some(EarlierUse { at, reply: Some(_) }) => Some(NotDone::Before(at)),
            Some(EarlierUse { at, reply: None }) => Some(NotDone::Used(at)),
            None if self.incomplete => Some(NotDone::Incomplete),
            None => self.moved.then_some(NotDone::Moved),
        })
    }

    /// Submits the operation, unless the form was done before or its object has changed.
    ///
    /// # Errors
    /// The operation's own errors; -1 if it could not be committed.
    pub async fn submit<O: Typed>(
        self,
        state: &State,
        app: AppId,
        op: O,
        audit: Option<Audit>,
    ) -> Result<Submission<O::Reply>> {
        match self.earlier(state, app).await? {
            Some(EarlierUse { at, reply: Some(reply) }) => {
                return Ok(Submission::Not(NotDone::Before(at), Some(O::reply(reply)?)));
            }
            Some(EarlierUse { at, reply: None }) => return Ok(Submission::Not(NotDone::Used(at), None)),
            None if self.incomplete => return Ok(Submission::Not(NotDone::Incomplete, None)),
            None if self.moved => return Ok(Submission::Not(NotDone::Moved, None)),
            None => {}
        }
        let OnceForm { once, expected, .. } = self;
        let request = Request { once: Some(once), expected, audit: audit.map(Box::new), ..Request::of(op) };
        // The same form or another change may have been committed since the look-up above.
        match state.ledger.submit_request::<O>(app, request).await {
            Ok(RequestOutcome { reply, done_before: None }) => Ok(Submission::Done(reply)),
            Ok(RequestOutcome { reply, done_before: Some(at) }) => {
                Ok(Submission::Not(NotDone::Before(at), Some(reply)))
            }
            Err(error) if error.detail == Detail::Changed => Ok(Submission::Not(NotDone::Moved, None)),
            Err(error) => Err(error),
        }
    }
}

impl OnceForm {
    /// Makes a change that is no operation, with its audit entry, unless the form was done before or the state has
    /// changed.
    ///
    /// # Errors
    /// The errors of the store.
    pub async fn change(
        self,
        state: &State,
        app: AppId,
        change: SettingsChange,
        audit: Audit,
    ) -> Result<Submission<Changed>> {
        if let Some(why) = self.refused(state, app).await? {
            return Ok(Submission::Not(why, None));
        }
        let request = Request { once: Some(self.once), ..Request::of(NoteAudit(audit)) };
        let now = state.clock.now();
        let made = blocking(state, move |store| store.change_settings(app, &request, &change, now)).await?;
        Ok(match made {
            SettingsOutcome::Done => Submission::Done(Changed::Done),
            SettingsOutcome::Created(account) => Submission::Done(Changed::Account(account)),
            SettingsOutcome::Refused => Submission::Done(Changed::Refused),
            SettingsOutcome::Before(at) => Submission::Not(NotDone::Before(at), None),
            SettingsOutcome::Moved => Submission::Not(NotDone::Moved, None),
        })
    }
}

impl<R> Submission<R> {
    /// Why the form must not be done; `None` if it may be done.
    pub fn not_done(&self) -> Option<NotDone> {
        match self {
            Submission::Done(_) => None,
            Submission::Not(why, _) => Some(*why),
        }
    }
}

impl NotDone {
    /// The sentences for the page.
    pub fn sentence(self, lang: Lang) -> String {
        let (t, stop) = (Texts::of(lang), lang.pick(". ", "。"));
        match self {
            NotDone::Before(at) => format!("{}{}{stop}{}", t.before, format::second(at), t.nothing),
            NotDone::Used(at) => format!("{}{}{stop}{}", t.used, format::second(at), t.check),
            NotDone::Moved => format!("{}{}", t.moved, t.check),
            NotDone::Incomplete => format!("{}{}", t.incomplete, t.check),
        }
    }

    /// The parameter of a URL that makes the next page show this reason.
    pub fn query(self) -> String {
        match self {
            NotDone::Before(at) => format!("done_before={}", at.0),
            NotDone::Used(at) => format!("used_before={}", at.0),
            NotDone::Moved => "moved=1".to_owned(),
            NotDone::Incomplete => "incomplete=1".to_owned(),
        }
    }

    /// Reads the parameter of [`NotDone::query`].
    pub fn of_query(query: &Fields) -> Option<NotDone> {
        let time = |key: &str| query.int(key).filter(|at| (0..=u32::MAX.into()).contains(at)).map(Timestamp);
        match (time("done_before"), time("used_before")) {
            (Some(at), _) => Some(NotDone::Before(at)),
            (None, Some(at)) => Some(NotDone::Used(at)),
            _ if query.ticked("moved") => Some(NotDone::Moved),
            _ => query.ticked("incomplete").then_some(NotDone::Incomplete),
        }
    }
}

texts! {
    /// The sentences.
    Texts {
        before: "This was done before, at ", "此操作先前已完成，时间：";
        nothing: "Nothing was changed now. The page shows the present state.", "本次没有任何改动，页面显示的是当前状态。";
        used: "This page was sent before with other input, at ", "此页面先前已提交过其他内容，时间：";
        moved: "The state has changed since this page was opened. ", "打开此页面之后，状态已发生变化。";
        incomplete: "The form arrived incomplete. ", "提交的表单不完整。";
        check: "Nothing was changed now. Check the present state, then press the button again.", "本次没有任何改动。请核对当前状态，然后重新提交。";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(who: &str, path: &str, object: &str, form: &str) -> (String, String) {
        let form = Form::of(Fields::parse(form.as_bytes())).expect("a key");
        let once = OnceForm::read(&form, Scope { who, path }, FormObject::named(object)).once;
        (once.key.to_string(), once.digest.to_string())
    }

    #[test]
    fn a_key_belongs_to_one_sender_one_page_and_one_object() {
        let first = key("a", "/p", "o", "once=k&csrf=1&x=1");
        assert_eq!(key("a", "/p", "o", "csrf=2&x=1&seen=s&once=k"), first, "the same form again");
        for (who, path, object) in [("b", "/p", "o"), ("a", "/q", "o"), ("a", "/p", "u")] {
            assert_ne!(key(who, path, object, "once=k&x=1").0, first.0, "{who} {path} {object}");
        }
        let other = key("a", "/p", "o", "once=k&x=2");
        assert!(other.0 == first.0 && other.1 != first.1, "other content under the same key");
    }

    #[test]
    fn the_next_page_says_the_same() {
        let at = Timestamp(1_772_334_190);
        for not in [NotDone::Before(at), NotDone::Used(at), NotDone::Moved, NotDone::Incomplete] {
            assert_eq!(NotDone::of_query(&Fields::parse(not.query().as_bytes())), Some(not));
        }
        assert_eq!(NotDone::of_query(&Fields::parse(b"done_before=99999999999999")), None);
    }
}
