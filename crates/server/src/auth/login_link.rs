//! Login links. Each admits one person to the console once, to set a password. The first link is printed at the first
//! start. Others are created for new accounts and for forgotten passwords.

use super::secret;
use crate::encoding::url_base64;
use kaquan_core::error::{Error, Result};
use kaquan_core::time::{DAY_SECS, Timestamp};
use kaquan_store::{Account, AccountId, Grant, LoginLink, Role, Store};

/// Seconds until a link expires: seven days.
pub const LINK_SECS: i64 = 7 * DAY_SECS;
/// The name of the account that the first start creates.
const FIRST_ACCOUNT: &str = "owner";

/// Creates a link for an account and returns its path. Earlier links of the account become invalid.
///
/// # Errors
///
/// The errors of the store; -1 if the system returns no random bytes.
pub fn fresh(store: &dyn Store, account: AccountId, now: Timestamp) -> Result<String> {
    let (path, digest) = fresh_token()?;
    store.create_login_link(&LoginLink { digest, account, expires_at: now.plus(LINK_SECS) })?;
    Ok(path)
}

/// The path of a new link, and the digest of its token.
///
/// # Errors
///
/// -1 if the system returns no random bytes.
pub fn fresh_token() -> Result<(String, [u8; 32])> {
    let token = url_base64(&secret::random::<32>()?);
    let digest = secret::digest(&token);
    Ok((format!("/console/enter/{token}"), digest))
}

/// The path of a link for the owner of the installation, while no owner has a password. Creates the account if it
/// does not exist.
///
/// # Errors
///
/// The errors of the store; -1 if the system returns no random bytes.
pub fn first(store: &dyn Store, now: Timestamp) -> Result<Option<String>> {
    let mut owners = owners(store)?;
    if owners.is_empty() {
        let everything = Grant { app: None, role: Role::Owner };
        match store.create_account(FIRST_ACCOUNT, &[everything], now)? {
            Some(account) => owners.push(account),
            // Another node that started at the same time created the account.
            None => owners = self::owners(store)?,
        }
    }
    if owners.iter().any(|owner| owner.password.is_some()) {
        return Ok(None);
    }
    let taken = || Error::internal(format!("the account {FIRST_ACCOUNT} exists and owns nothing"));
    let owner = owners.first().ok_or_else(taken)?;
    fresh(store, owner.id, now).map(Some)
}

/// The enabled accounts with all rights.
fn owners(store: &dyn Store) -> Result<Vec<Account>> {
    let is_owner = |(account, grants): &(Account, Vec<Grant>)| {
        account.disabled_at.is_none() && grants.iter().any(Grant::is_of_everything)
    };
    Ok(store.accounts()?.into_iter().filter(is_owner).map(|(account, _)| account).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_store::{Options, SqliteStore};

    #[test]
    fn nodes_that_start_together_share_the_first_account() {
        let now = Timestamp(1000);
        for _ in 0..10 {
            let folder = tempfile::tempdir().unwrap();
            let store: Box<dyn Store> =
                Box::new(SqliteStore::open(folder.path(), Options::default()).unwrap());
            let together = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        together.wait();
                        assert!(first(&*store, now).unwrap().is_some());
                    });
                }
            });
            assert_eq!(store.accounts().unwrap().len(), 1);
        }
    }

    #[test]
    fn there_is_a_first_link_until_an_owner_has_a_password() {
        let folder = tempfile::tempdir().unwrap();
        let store: Box<dyn Store> = Box::new(SqliteStore::open(folder.path(), Options::default()).unwrap());
        let now = Timestamp(1000);
        let path = first(&*store, now).unwrap().unwrap();
        let again = first(&*store, now).unwrap().unwrap();
        assert_ne!(path, again);
        assert_eq!(store.accounts().unwrap().len(), 1);
        let token = again.strip_prefix("/console/enter/").unwrap();
        assert!(store.use_login_link(&secret::digest(token), "hash", now).unwrap().is_some());
        assert_eq!(first(&*store, now).unwrap(), None);
    }
}
