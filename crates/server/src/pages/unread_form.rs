//! The form of a request before its body is read. Routes first identify the visitor, and then read the body with the
//! limit of the route.

use super::fields::pairs;
use super::{Fault, Fields};
use crate::http::body::{self, BudgetPermit, Caller, ReceivedBody};
use crate::state::State;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use tokio::time::Instant;

/// The limits of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormLimit {
    /// The largest body, in bytes.
    pub bytes: usize,
    /// The largest number of pairs of a name and a value.
    pub pairs: usize,
}

impl FormLimit {
    /// The default limit of a form.
    pub const SMALL: FormLimit = FormLimit { bytes: 16 * 1024, pairs: 256 };
    /// The activation form of a member card: a hundred answers of 512 bytes, escaped, and checkboxes with a hundred
    /// choices. Only for holders.
    pub const ANSWERS: FormLimit = FormLimit { bytes: 192 * 1024, pairs: 1024 };
    /// The forms of a card: long descriptions and the list of pictures with texts, escaped. Only for operators.
    pub const CARD: FormLimit = FormLimit { bytes: 512 * 1024, pairs: 1024 };
}

/// A form whose body is not read yet; empty for a page.
#[derive(Debug)]
pub struct UnreadForm {
    state: State,
    form: Option<(HeaderMap, Body)>,
    end: Instant,
}

impl UnreadForm {
    /// The empty form of a page.
    pub fn nothing(state: State) -> UnreadForm {
        UnreadForm { state, form: None, end: body::deadline() }
    }

    /// The form of a request.
    pub fn of(state: State, headers: HeaderMap, body: Body) -> UnreadForm {
        UnreadForm { form: Some((headers, body)), ..UnreadForm::nothing(state) }
    }

    /// Reads the body after `known` has identified the visitor, so that only known visitors can send long forms. `caller`
    /// says in which share of the budget the body counts. If `known` refuses, the body is drained.
    ///
    /// # Errors
    /// The errors of `known` and of [`UnreadForm::read`].
    pub async fn after<T>(
        self,
        known: impl Future<Output = Result<T, Fault>>,
        limit: FormLimit,
        caller: impl FnOnce(&T) -> Caller,
    ) -> Result<(T, ReceivedForm), Fault> {
        match known.await {
            Ok(known) => {
                let caller = caller(&known);
                Ok((known, self.read(limit, caller).await?))
            }
            Err(fault) => {
                self.drain().await;
                Err(fault)
            }
        }
    }

    /// Reads the form.
    ///
    /// # Errors
    /// 415 the body has another type; 413 it has too many bytes or pairs; 408 it did not arrive in time; 400 it ended
    /// early; 503 the budget of bodies is used up.
    pub async fn read(mut self, limit: FormLimit, caller: Caller) -> Result<ReceivedForm, Fault> {
        let Some((headers, mut body)) = self.form.take() else { return Ok(ReceivedForm::default()) };
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let read = match kind.starts_with("application/x-www-form-urlencoded") {
            true => {
                body::read(&self.state.bodies, &mut body, limit.bytes, caller, self.end).await.map_err(status)
            }
            false => Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        };
        body::drain(body, self.end).await;
        let ReceivedBody { bytes, held } = read.map_err(Fault::Status)?;
        if pairs(&bytes) > limit.pairs {
            return Err(Fault::Status(StatusCode::PAYLOAD_TOO_LARGE));
        }
        Ok(ReceivedForm { fields: Fields::parse_up_to(&bytes, limit.pairs), held: Some(held) })
    }

    /// Reads and drops the body, up to a limit.
    pub async fn drain(mut self) {
        if let Some((_, body)) = self.form.take() {
            body::drain(body, self.end).await;
        }
    }
}

/// A form after its body was read.
#[derive(Debug, Default)]
pub struct ReceivedForm {
    pub fields: Fields,
    /// Its part of the budget of bodies.
    pub held: Option<BudgetPermit>,
}

fn status(fault: body::BodyError) -> StatusCode {
    match fault {
        body::BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        body::BodyError::Late => StatusCode::REQUEST_TIMEOUT,
        body::BodyError::Broken => StatusCode::BAD_REQUEST,
        body::BodyError::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}
