//! What the console keeps: accounts and what they may do in which app, sessions, and links that let somebody in once. Of
//! tokens only the digest is stored, of passwords only an Argon2 hash.

use crate::attempts::AttemptLimit;
use crate::error::Result;
use crate::named::named_numbers;
use kaquan_core::id::AppId;
use kaquan_core::time::Timestamp;

named_numbers! {
    /// What an account may do in an app. Each may all that those after it may.
    Role {
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
        self.code() <= other.code()
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

/// The part of a store that the console uses. Calls block and may run at once, as those of [`crate::Store`].
pub trait ConsoleStore {
    /// All accounts with what they may do, oldest first.
    fn accounts(&self) -> Result<Vec<(Account, Vec<Grant>)>>;
    /// The account with this number.
    fn account(&self, id: AccountId) -> Result<Option<(Account, Vec<Grant>)>>;
    /// The account with this name, in whatever case.
    fn account_by_name(&self, name: &str) -> Result<Option<Account>>;
    /// Makes an account without a password; `None` when the name is taken.
    fn create_account(&self, name: &str, grants: &[Grant], now: Timestamp) -> Result<Option<Account>>;
    /// Sets the password of an account and ends its sessions, links and known browsers.
    fn set_password(&self, id: AccountId, password: &str) -> Result<()>;
    /// Replaces what an account may do. Refused, with `false`, when nobody would be left to run everything.
    fn set_grants(&self, id: AccountId, grants: &[Grant]) -> Result<bool>;
    /// Has an account be of no use since then, and ends its sessions and links; or be of use again. Refused, with
    /// `false`, when nobody would be left to run everything.
    fn set_disabled(&self, id: AccountId, since: Option<Timestamp>) -> Result<bool>;

    /// Begins a session.
    fn create_session(&self, session: &Session) -> Result<()>;
    /// The session with this digest, whose it is, and what that account may do.
    fn session(&self, digest: &[u8; 32]) -> Result<Option<(Session, Account, Vec<Grant>)>>;
    /// Notes that a session was used, and when it ends now.
    fn touch_session(&self, digest: &[u8; 32], used_at: Timestamp, expires_at: Timestamp) -> Result<()>;
    /// Ends a session.
    fn delete_session(&self, digest: &[u8; 32]) -> Result<()>;
    /// Ends the sessions of an account, all but one.
    fn delete_sessions(&self, account: AccountId, except: Option<&[u8; 32]>) -> Result<()>;

    /// Makes a link. Earlier links of the account end.
    fn create_login_link(&self, link: &LoginLink) -> Result<()>;
    /// The link with this digest.
    fn login_link(&self, digest: &[u8; 32]) -> Result<Option<LoginLink>>;
    /// Uses a link up and sets the password of its account; answers whose it was. `None` for a link that is over, or was
    /// used by somebody quicker.
    fn use_login_link(&self, digest: &[u8; 32], password: &str, now: Timestamp) -> Result<Option<AccountId>>;
    /// Drops sessions, links and known browsers that have expired.
    fn drop_expired_sessions(&self, now: Timestamp) -> Result<usize>;

    /// Notes that a browser signed in to an account. Of many browsers of an account the oldest are dropped.
    fn create_known_browser(&self, browser: &KnownBrowser) -> Result<()>;
    /// The known browser with this digest.
    fn known_browser(&self, digest: &[u8; 32]) -> Result<Option<KnownBrowser>>;

    /// Counts a login attempt against every limit, in one transaction, and returns `None`. When a limit refuses, counts
    /// nothing and returns the time before which every further attempt is refused too.
    fn take_login_attempt(&self, limits: &[AttemptLimit], now: Timestamp) -> Result<Option<Timestamp>>;
    /// An attempt succeeded: the counts of `cleared` begin again, and those of `returned` have one less. Waits that have
    /// begun for `returned` go on.
    fn return_login_attempt(&self, cleared: &[&str], returned: &[&str]) -> Result<()>;
    /// Drops counts whose last attempt is at `until` or before.
    fn drop_login_attempts(&self, until: Timestamp) -> Result<usize>;
}
