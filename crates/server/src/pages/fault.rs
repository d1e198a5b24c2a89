//! Reasons why a page cannot be shown. The refusal of a form by a rule is not among them: the page with the form
//! shows it.

use super::once::NotDone;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use kaquan_core::error::{ErrCode, Error};
use kaquan_core::time::Timestamp;

/// The result of a page handler.
pub type PageResult = Result<Response<Body>, Fault>;

/// The reason why a page is not shown.
#[derive(Debug)]
pub enum Fault {
    /// An HTTP status without details.
    Status(StatusCode),
    /// The visitor must sign in first, and is redirected to the login page.
    SignIn(String),
    /// The form was not done, and there is no page that could show it.
    NotDone(NotDone),
    /// The form is not of this session, which began at this time: its page was opened in an earlier session.
    OldPage(Timestamp),
    /// A rule or the store refused, and there is no form whose page could show it.
    Refused(Error),
}

impl Fault {
    /// The page or object does not exist.
    pub const NOT_FOUND: Fault = Fault::Status(StatusCode::NOT_FOUND);
    /// The page exists, but this visitor may not see it.
    pub const FORBIDDEN: Fault = Fault::Status(StatusCode::FORBIDDEN);
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Refused(error)
    }
}

impl From<ErrCode> for Fault {
    fn from(code: ErrCode) -> Fault {
        Fault::Refused(code.into())
    }
}
