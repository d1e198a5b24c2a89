//! Why a page cannot be shown. A refusal by a rule is not a fault: the page with the form shows it.

use super::once::NotDone;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use kaquan_core::error::{ErrCode, Error};
use kaquan_core::time::Timestamp;

/// The result of a page handler.
pub type PageResult = Result<Response<Body>, Fault>;

/// Why a page is not shown.
#[derive(Debug)]
pub enum Fault {
    /// An HTTP status without further detail.
    Status(StatusCode),
    /// The visitor has to sign in first; redirects to the login.
    SignIn(String),
    /// The form was not done, and there is no page that could show it.
    NotDone(NotDone),
    /// The form is not of this session, which began at this time: its page was opened in an earlier session.
    OldPage(Timestamp),
    /// A rule or the store refused, and the page has no form that could show it.
    Refused(Error),
}

impl Fault {
    /// The page or object does not exist.
    pub const NOT_FOUND: Fault = Fault::Status(StatusCode::NOT_FOUND);
    /// It exists, but this visitor may not see it.
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
