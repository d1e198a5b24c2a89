//! Forms of pages. A page writes the hidden fields of each of its forms with [`HiddenFields`]. A handler submits a
//! [`Form`], which exists only with an idempotency key. So no form of a page is processed twice.

use super::once::NotDone;
use super::{Fault, Fields, Visitor};
use std::fmt::Write;
use std::ops::Deref;

/// The largest length of the key in a form, in bytes.
const KEY_MAX: usize = 64;

/// The hidden fields of the forms of one page: the token of the session and the idempotency key. A key belongs to one
/// path and one object, so the forms of a page share it.
#[derive(Debug, Clone)]
pub struct HiddenFields {
    csrf: String,
    key: String,
}

impl HiddenFields {
    /// The hidden fields of the page that this visitor gets.
    pub fn of(visitor: &Visitor, csrf: &str) -> HiddenFields {
        HiddenFields { csrf: csrf.to_owned(), key: visitor.page_key.clone() }
    }

    /// The fields as HTML; `seen` is the mark of the state that the form is about, empty if no state matters.
    pub fn html(&self, seen: &str) -> String {
        // No value needs escaping. The attribute keeps browsers from restoring old values.
        let mut html = String::new();
        for (name, value) in [("csrf", self.csrf.as_str()), ("once", &self.key), ("seen", seen)] {
            let _ = write!(html, r#"<input type="hidden" name="{name}" value="{value}" autocomplete="off">"#);
        }
        html
    }
}

/// A form as it was sent, with its idempotency key.
#[derive(Debug, Clone)]
pub struct Form {
    fields: Fields,
    key: String,
}

impl Deref for Form {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.fields
    }
}

impl Form {
    /// # Errors
    /// 409 for a form without a usable key: it was not sent from a page of this server, or not all of it arrived.
    pub fn of(fields: Fields) -> Result<Form, Fault> {
        let key = fields.get("once").filter(|key| key.len() <= KEY_MAX).map(str::to_owned);
        Ok(Form { key: key.ok_or(Fault::NotDone(NotDone::Incomplete))?, fields })
    }

    /// The idempotency key.
    pub fn key(&self) -> &str {
        &self.key
    }
}
