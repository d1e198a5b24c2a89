//! Sessions of holders in the wallet's pages. A session is an encrypted cookie, so it has no row. When the holder
//! leaves, a record ends the session on every node. The record expires together with the cookie. Native API.

use super::{Identity, IdentitySettings};
use crate::engine::{Command, Keys, Query, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::Result;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A session that its holder has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct LeftSession {}

impl Record for LeftSession {
    const KIND: RecordKind = RecordKind::LeftSession;
}

/// Ends a holder's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaveWallet {
    /// The random id of the session.
    pub session: Arc<str>,
    /// When the cookie expires.
    pub expires_at: Timestamp,
}

impl Command for LeaveWallet {
    type Reply = ();

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(RecordKey::named::<LeftSession>(&self.session));
    }

    fn apply(&self, ws: &mut WorkingSet, _: Timestamp) -> Result<()> {
        let key = RecordKey::named::<LeftSession>(&self.session);
        ws.put_record_until(key, &LeftSession {}, Some(self.expires_at))
    }
}

/// Looks up whether a session is valid: the identity provider, and whether the holder has ended the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindSession {
    /// The random id of the session.
    pub session: Arc<str>,
}

impl Query for FindSession {
    /// The app's settings, if it has any, and whether the session was ended.
    type Reply = (Option<IdentitySettings>, bool);

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(Identity::key());
        keys.records.insert(RecordKey::named::<LeftSession>(&self.session));
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<Self::Reply> {
        let left = ws.find_record::<LeftSession>(&RecordKey::named::<LeftSession>(&self.session), now)?;
        Ok((ws.find_record(&Identity::key(), now)?, left.is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;

    #[test]
    fn a_session_that_was_left_stays_so_until_its_cookie_expires() {
        let mut world = World::new();
        let (session, expires_at): (Arc<str>, _) = ("one".into(), world.now.plus(60));
        let find = |session: &str| FindSession { session: session.into() };
        assert_eq!(world.ask(find("one")), Ok((None, false)));
        world.run(LeaveWallet { session, expires_at }).unwrap();
        assert_eq!(world.ask(find("one")), Ok((None, true)));
        assert_eq!(world.ask(find("two")), Ok((None, false)));
        world.now = expires_at;
        assert_eq!(world.ask(find("one")), Ok((None, false)));
    }
}
