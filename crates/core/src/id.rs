//! Typed identifiers, so that a card's number cannot be taken for a code's. Numbers are kaquan's own and dense per
//! app; texts are what the wire carries.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

number_id! {
    /// An app (one Official Account) by kaquan's own number. It leads every table's key.
    AppId;
    /// A card within its app. Rows refer to cards by this number; the wire by [`CardId`].
    CardNo;
    /// An issued code within its app, in the order of issue.
    CodeSeq;
    /// An event within its app, in the order of commit.
    EventSeq;
}

/// Stands in events for the card of what happens to none.
pub const NO_CARD: CardNo = CardNo(0);

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text as it stands on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<Arc<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                $name(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

text_id! {
    /// A card (卡券, a kind of coupon, not one coupon) as the wire names it: `p` and 27 more characters.
    CardId;
    /// A holder (user of the app) as WeChat names it: at most 64 bytes.
    OpenId;
    /// The text of a code: 12 digits, or up to 20 bytes chosen by the merchant.
    CodeText;
}

/// Bytes an openid may have.
pub const OPENID_MAX: usize = 64;
/// Bytes a code may have.
pub const CODE_MAX: usize = 20;
