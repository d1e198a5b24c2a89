//! The console's rows: accounts with their grants, sessions, and login links that work once. Of tokens only the digest is
//! stored, of passwords only an Argon2 hash.

pub(crate) mod accounts;
pub(crate) mod attempts;
pub(crate) mod sessions;

use kaquan_core::id::AppId;
use kaquan_core::stored_enum;
use kaquan_core::time::Timestamp;

stored_enum! {
    /// What an account may do in an app. Each may all that those after it may.
    pub enum Role, name from_name {
        /// Everything, accounts and secrets too.
        Owner = 1, "owner";
        /// Cards, codes, members and data.
        Operator = 2, "operator";
        /// The till and nothing else.
        Clerk = 3, "clerk";
    }
}

impl Role {
    /// Whether whoever has this role may do what takes the other.
    pub const fn covers(self, other: Role) -> bool {
        self.number() <= other.number()
    }
}

/// The number of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

/// An account of the console.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// What its user types to sign in. No two differ in case only.
    pub name: String,
    /// Argon2 hash of the password in PHC form; `None` before the first login.
    pub password: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it cannot be used.
    pub disabled_at: Option<Timestamp>,
}

// By hand, so that no hash ends in a log.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// What an account may do where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The app; `None` for every app, those to come included.
    pub app: Option<AppId>,
    /// What it may do there.
    pub role: Role,
}

impl Grant {
    /// Whether it lets the account run everything.
    pub fn is_of_everything(&self) -> bool {
        self.app.is_none() && self.role == Role::Owner
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of its token.
    pub digest: [u8; 32],
    /// Whose it is.
    pub account: AccountId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last seen in use, roughly.
    pub used_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A link that lets somebody in once, to choose a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginLink {
    /// SHA-256 of its token.
    pub digest: [u8; 32],
    /// Whom it lets in.
    pub account: AccountId,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A browser that has signed in to an account before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBrowser {
    /// SHA-256 of its token.
    pub digest: [u8; 32],
    /// The account it signed in to.
    pub account: AccountId,
    /// When it signed in first.
    pub created_at: Timestamp,
    /// When it is known no more.
    pub expires_at: Timestamp,
}

/// Browsers of one account that are known; of more, the newest.
pub const KNOWN_BROWSERS_MAX: i64 = 50;
