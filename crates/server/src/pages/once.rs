//! Forms that are done only once. A form has an idempotency key in its hidden field `once`, and in `seen` a digest of
//! the state that its page showed. If the form was sent before, or shows an old state, it changes nothing. Then the
//! page is shown again with the current state and a new key.

use super::{Fields, Lang, format, texts};
use crate::auth::secret;
use crate::encoding::hex;
use crate::state::{State, query};
use kaquan_core::error::{Detail, Result};
use kaquan_core::id::AppId;
use kaquan_core::operation::{
    Audit, EarlierUse, Expectation, FindEarlierUse, IdempotencyKey, Request, RequestOutcome, Typed,
};
use kaquan_core::time::Timestamp;
use sha2::{Digest, Sha256};

/// The longest key of a form, in bytes.
const KEY_MAX: usize = 64;

/// The hidden fields of a form that is done only once.
#[derive(Debug, Clone)]
pub struct FormKey {
    key: String,
    seen: String,
}

impl FormKey {
    /// A new key for a page that shows the state with this mark. The mark is empty if the state does not matter.
    ///
    /// # Errors
    /// -1 if the system returns no random bytes.
    pub fn fresh(seen: impl Into<String>) -> Result<FormKey> {
        Ok(FormKey { key: hex(&secret::random::<16>()?), seen: seen.into() })
    }
}

impl std::fmt::Display for FormKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Both values are hexadecimal. Without the attribute `autocomplete`, browsers restore old values.
        let FormKey { key, seen } = self;
        write!(f, r#"<input type="hidden" name="once" value="{key}" autocomplete="off">"#)?;
        write!(f, r#"<input type="hidden" name="seen" value="{seen}" autocomplete="off">"#)
    }
}

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
}

/// A received form with its idempotency key.
#[derive(Debug, Clone)]
pub struct OnceForm {
    /// `None` if the form has no valid key.
    once: Option<IdempotencyKey>,
    /// Whether the form needs the state that its page showed, and does not have it.
    incomplete: bool,
    /// Whether the object has changed since the page was created.
    moved: bool,
    expected: Option<Expectation>,
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
    NoKey,
}

impl OnceForm {
    /// Reads a form that changes this object.
    pub fn read(form: &Fields, scope: Scope<'_>, object: FormObject) -> OnceForm {
        let Scope { who, path } = scope;
        let FormObject { name: object, mark, expected } = object;
        let key = form.get("once").filter(|key| key.len() <= KEY_MAX);
        let once = key.map(|key| {
            let scoped = Sha256::digest(format!("{who}\n{path}\n{object}\n{key}"));
            let content = ["csrf", "seen"].into_iter().fold(form.clone(), |form, name| form.without(name));
            IdempotencyKey {
                // Keys of API calls cannot contain a line feed, so this key differs from all of them.
                key: format!("form\n{}", hex(&scoped)).into(),
                digest: hex(&Sha256::digest(content.with("once", None))).into(),
            }
        });
        let seen = form.get("seen");
        let incomplete = once.is_none() || (seen.is_none() && !mark.is_empty());
        let moved = seen.is_some_and(|seen| !mark.is_empty() && seen != mark);
        OnceForm { once, incomplete, moved, expected }
    }

    /// The earlier use of this form's key, if there was one.
    ///
    /// # Errors
    /// -1 if the store cannot be read.
    pub async fn earlier(&self, state: &State, app: AppId) -> Result<Option<EarlierUse>> {
        match &self.once {
            Some(once) => query(state, app, FindEarlierUse(once.clone())).await,
            None => Ok(None),
        }
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
            None if self.incomplete => return Ok(Submission::Not(NotDone::NoKey, None)),
            None if self.moved => return Ok(Submission::Not(NotDone::Moved, None)),
            None => {}
        }
        let OnceForm { once, expected, .. } = self;
        let request = Request { once, expected, audit: audit.map(Box::new), ..Request::of(op) };
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
            NotDone::NoKey => format!("{}{}", t.no_key, t.check),
        }
    }

    /// The parameter of a URL that makes the next page show this reason.
    pub fn query(self) -> String {
        match self {
            NotDone::Before(at) => format!("before={}", at.0),
            NotDone::Used(at) => format!("used={}", at.0),
            NotDone::Moved => "moved=1".to_owned(),
            NotDone::NoKey => "incomplete=1".to_owned(),
        }
    }

    /// Reads the parameter of [`NotDone::query`].
    pub fn of_query(query: &Fields) -> Option<NotDone> {
        let time = |key: &str| query.int(key).filter(|at| (0..=u32::MAX.into()).contains(at)).map(Timestamp);
        match (time("before"), time("used")) {
            (Some(at), _) => Some(NotDone::Before(at)),
            (None, Some(at)) => Some(NotDone::Used(at)),
            _ if query.ticked("moved") => Some(NotDone::Moved),
            _ => query.ticked("incomplete").then_some(NotDone::NoKey),
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
        no_key: "The form arrived incomplete. ", "提交的表单不完整。";
        check: "Nothing was changed now. Check the present state, then press the button again.", "本次没有任何改动。请核对当前状态，然后重新提交。";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(who: &str, path: &str, object: &str, form: &str) -> (String, String) {
        let form = Fields::parse(form.as_bytes());
        let once = OnceForm::read(&form, Scope { who, path }, FormObject::named(object)).once.expect("a key");
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
        for not in [NotDone::Before(at), NotDone::Used(at), NotDone::Moved, NotDone::NoKey] {
            assert_eq!(NotDone::of_query(&Fields::parse(not.query().as_bytes())), Some(not));
        }
        assert_eq!(NotDone::of_query(&Fields::parse(b"before=99999999999999")), None);
    }
}
