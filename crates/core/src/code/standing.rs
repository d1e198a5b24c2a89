//! The standing of a code: its state, holder, member and payments. A page shows a standing. If the code has another
//! standing when the page's form arrives, the form is refused (`operation/expected.rs`).

use super::{Code, CodeRef, CodeState};
use crate::card::Card;
use crate::engine::{Keys, Query, WorkingSet};
use crate::error::Result;
use crate::id::OpenId;
use crate::member::{Member, Payments};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeStanding {
    state: CodeState,
    changed_at: Timestamp,
    openid: OpenId,
    member: Option<Member>,
    payments: Payments,
}

impl CodeStanding {
    /// Declares the rows for the standing.
    pub fn keys(code: &CodeRef, ws: &WorkingSet, keys: &mut Keys) {
        code.keys(ws, keys);
        if let Some(code) = code.loaded(ws) {
            CodeStanding::keys_of(code, keys);
        }
    }

    /// As [`CodeStanding::keys`], for a loaded code with its card.
    pub fn keys_of(code: &Code, keys: &mut Keys) {
        keys.members.insert(code.seq);
        keys.records.insert(Payments::key(code.seq));
    }

    /// The standing of a code at `now`.
    ///
    /// # Errors
    ///
    /// -1 if its rows are not loaded, which is a bug.
    pub fn of(ws: &WorkingSet, code: &Code, card: &Card, now: Timestamp) -> Result<CodeStanding> {
        Ok(CodeStanding {
            state: code.state_at(&ws.app, card, now),
            changed_at: code.changed_at,
            openid: code.openid.clone(),
            member: ws.members.get(&code.seq)?.cloned(),
            payments: ws.find_record(&Payments::key(code.seq), now)?.unwrap_or_default(),
        })
    }
}

/// Looks up the standing of a code.
#[derive(Debug, Clone)]
pub struct FindStanding(pub CodeRef);

impl Query for FindStanding {
    type Reply = CodeStanding;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        CodeStanding::keys(&self.0, ws, keys);
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<CodeStanding> {
        let (code, card) = self.0.find(ws)?;
        CodeStanding::of(ws, code, card, now)
    }
}
