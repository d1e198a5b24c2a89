//! The console's rows: accounts with their grants, sessions, and login links that work once. Of a token only the
//! digest is stored, and of a password only an Argon2 hash.

pub(crate) mod accounts;
pub(crate) mod attempts;
pub(crate) mod sessions;

use kaquan_core::id::AppId;
use kaquan_core::stored_enum;
use kaquan_core::time::Timestamp;

stored_enum! {
    /// The role of an account in an app. A role includes the roles after it.
    pub enum Role, name from_name {
        /// Everything, including accounts and secrets.
        Owner = 1, "owner";
        /// Cards, codes, members and reports.
        Operator = 2, "operator";
        /// Only the till.
        Clerk = 3, "clerk";
    }
}

impl Role {
    /// Whether this role includes the rights of the other.
    pub const fn covers(self, other: Role) -> bool {
        self.number() <= other.number()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    /// The name for signing in. Two names must differ in more than upper and lower case.
    pub name: String,
    /// The Argon2 hash of the password in PHC form; `None` before the first login.
    pub password: Option<String>,
    pub created_at: Timestamp,
    /// Since when the account is disabled; `None` while it is enabled.
    pub disabled_at: Option<Timestamp>,
}

// Not derived, so that no password hash gets into a log.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A role of an account, in one app or in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// `None` means every app, including later ones.
    pub app: Option<AppId>,
    pub role: Role,
}

impl Grant {
    /// Whether the grant makes the account an owner of every app.
    pub fn is_of_everything(&self) -> bool {
        self.app.is_none() && self.role == Role::Owner
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of its token.
    pub digest: [u8; 32],
    pub account: AccountId,
    pub created_at: Timestamp,
    /// When the session was last used; the time may be some minutes old.
    pub used_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A link that works once. Its user chooses a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginLink {
    /// SHA-256 of its token.
    pub digest: [u8; 32],
    pub account: AccountId,
    pub expires_at: Timestamp,
}

/// A browser that has signed in to an account before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBrowser {
    /// SHA-256 of its token.
    pub digest: [u8; 32],
    pub account: AccountId,
    /// When the browser first signed in to the account.
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The largest number of known browsers of one account. The oldest are dropped first.
pub const KNOWN_BROWSERS_MAX: i64 = 50;
