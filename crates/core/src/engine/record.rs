//! Records: the small documents of an app that are rarely needed, such as a form, a store or a used signature. All
//! records are in one table; each has a kind and a number or a name. So a new kind needs no new table and no new code
//! in a store. The type that implements [`Record`] defines the content of a kind.

use crate::error::{Error, Result};
use crate::stored_enum;
use crate::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

stored_enum! {
    pub enum RecordKind {
        /// The last number issued for another kind, by the number of that kind.
        Sequence = 1;
        /// A stored response, by its idempotency key.
        Once = 2;
        /// A claim, by the merchant's number of the request.
        ClaimRequest = 3;
        /// A used `cardExt`, by its signature.
        CardExt = 4;
        /// A used QR ticket, by its text.
        QrTicket = 5;
        /// The test users of the app.
        WhiteList = 6;
        /// The pay and self-consume entries of a card, by the card's number.
        Cells = 7;
        /// The form of a member card, by the card's number.
        MemberForm = 8;
        /// The answers of a member's form, by the code's number.
        MemberInfo = 9;
        /// The answers before an activation by the merchant, by ticket.
        ActivateTicket = 10;
        /// The seat or flight data of a ticket, by the code's number.
        TicketInfo = 11;
        /// A page of cards, by its number.
        LandingPage = 12;
        /// A pay gift rule, by its number.
        PayGiftRule = 13;
        /// The rule of a pay merchant, by the merchant's number.
        PayGiftMchid = 14;
        SubMerchant = 15;
        /// A store, by its number.
        Poi = 16;
        /// The progress of an import of codes, by the digest of its file.
        Import = 17;
        /// How often a code was given to a friend, by the code's number.
        GiveTimes = 18;
        /// The last stock reminder of a card, by the card's number.
        SkuRemind = 19;
        /// An entry of the console's audit log, by number. It is never changed and never dropped.
        AuditEntry = 20;
        /// A card's last approved document until a change is approved, by the card's number.
        PassedCard = 21;
        /// The identity provider of the wallet's pages.
        Identity = 22;
        /// Why the merchant made a code unavailable, by the code's number.
        UnavailableReason = 29;
        /// A session of the wallet's pages that its holder has ended, by the session's random id.
        LeftSession = 30;
        /// How often a code was offered to a friend, by the code's number.
        GiftNo = 31;
        /// The number of a membership's payments, by the code's number.
        Payments = 32;
        /// Data of a general card's code besides points and balance, by the code's number.
        GeneralCode = 33;
        /// The store in which a code was consumed, by the code's number.
        ConsumedAt = 50;
        /// The store of an account's till, by the account's number.
        TillStore = 51;
        /// A dynamic code that was issued, by its digits.
        DynamicCode = 52;
        /// The version of the app's list of cards: another text after each change. The store writes it.
        CardList = 40;
        /// The announcements to a member, by the code's number.
        Announcements = 42;
        /// How many announcements a holder got in this month, by openid.
        AnnouncementCount = 43;
        /// The code that had a text before, by the card's number and that text.
        FormerCode = 44;
        /// The card of a store's mini program, by the store's number.
        StoreCard = 45;
        /// A link for text messages, by its text.
        SmsLink = 46;
    }
}

/// A type that is stored as a record.
pub trait Record: Serialize + DeserializeOwned {
    /// The kind under which it is stored.
    const KIND: RecordKind;
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    pub kind: RecordKind,
    /// The number; 0 for a record with a name.
    pub no: i64,
    /// The name; empty for a record with a number.
    pub name: Arc<str>,
}

impl RecordKey {
    /// The key of the record of this type with this number.
    pub fn numbered<T: Record>(no: i64) -> RecordKey {
        RecordKey { kind: T::KIND, no, name: "".into() }
    }

    /// The key of the record of this type with this name.
    pub fn named<T: Record>(name: &str) -> RecordKey {
        RecordKey { kind: T::KIND, no: 0, name: name.into() }
    }
}

/// A record in its stored form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The value as JSON.
    pub body: Arc<str>,
    /// Expiry. An expired record counts as absent; `None` never expires.
    pub expires_at: Option<Timestamp>,
}

impl StoredRecord {
    /// The value.
    ///
    /// # Errors
    ///
    /// -1 if the record is not of this type, which happens only in a damaged store.
    pub fn value<T: Record>(&self) -> Result<T> {
        serde_json::from_str(&self.body)
            .map_err(|error| Error::internal(format!("record of kind {:?}: {error}", T::KIND)))
    }

    /// Whether the record has not expired at `now`.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_until_its_end() {
        let at = Timestamp(100);
        let record = |expires_at| StoredRecord { body: "1".into(), expires_at };
        assert!(record(None).is_alive(at));
        assert!(record(Some(Timestamp(101))).is_alive(at));
        assert!(!record(Some(at)).is_alive(at));
    }
}
