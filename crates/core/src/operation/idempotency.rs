//! Idempotency keys: the caller gives a request a key. If the caller repeats the request, it gets the first reply
//! again and nothing else happens. The key, a digest of the request and the reply are committed in the transaction of
//! the change, so a crash cannot separate them. Native API: WeChat has no such feature.

use super::Reply;
use crate::engine::{Keys, Query, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::Result;
use crate::time::{DAY_SECS, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Seconds for which a response is stored for repeated requests: seven days.
pub const RESPONSE_SECS: i64 = 7 * DAY_SECS;
/// The longest idempotency key in bytes.
pub const IDEMPOTENCY_KEY_MAX: usize = 255;

/// A key that the caller chose for a request that must be done only once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The caller's key.
    pub key: Arc<str>,
    /// A digest of the whole request, in hexadecimal.
    pub digest: Arc<str>,
}

/// Looks up whether a request was done before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindEarlierUse(pub IdempotencyKey);

/// The earlier use of an idempotency key.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierUse {
    /// When the request was done.
    pub at: Timestamp,
    /// The reply; `None` if the key was used for another request.
    pub reply: Option<Reply>,
}

impl Query for FindEarlierUse {
    type Reply = Option<EarlierUse>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(self.0.record());
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<Option<EarlierUse>> {
        self.0.find(ws, now)
    }
}

impl IdempotencyKey {
    /// The record key of the stored response.
    pub(super) fn record(&self) -> RecordKey {
        RecordKey::named::<StoredResponse>(&self.key)
    }

    /// The earlier use of this key.
    pub(super) fn find(&self, ws: &WorkingSet, now: Timestamp) -> Result<Option<EarlierUse>> {
        let Some(stored) = ws.records.get(&self.record())?.filter(|record| record.is_alive(now)) else {
            return Ok(None);
        };
        let at = stored.expires_at.map_or(now, |end| end.plus(-RESPONSE_SECS));
        let StoredResponse { digest, reply } = stored.value()?;
        Ok(Some(EarlierUse { at, reply: (digest == self.digest).then_some(reply) }))
    }

    /// Stores the reply with this key.
    pub(super) fn store(&self, ws: &mut WorkingSet, reply: &Reply, now: Timestamp) -> Result<()> {
        let response = StoredResponse { digest: self.digest.clone(), reply: reply.clone() };
        ws.put_record_until(self.record(), &response, Some(now.plus(RESPONSE_SECS)))
    }
}

/// The response to a request, as it is stored with its key.
#[derive(Debug, Serialize, Deserialize)]
struct StoredResponse {
    digest: Arc<str>,
    reply: Reply,
}

impl Record for StoredResponse {
    const KIND: RecordKind = RecordKind::Once;
}
