//! Passwords: Argon2id with the parameters OWASP names as the least, each hash with a salt of its own. Hashing takes tens
//! of milliseconds and 19 MiB, so only a few are made at once.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use kaquan_core::error::{Error, Result};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Hashes made at once; whoever comes later waits.
const AT_ONCE: usize = 2;
/// Characters a password may have.
const LENGTHS: std::ops::RangeInclusive<usize> = 10..=128;

/// What is compared where there is no account, so that the time it takes does not tell.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password").unwrap_or_default());

/// Whether a password may be chosen by an account of this name.
pub fn is_fit(password: &str, name: &str) -> bool {
    LENGTHS.contains(&password.chars().count()) && !password.to_lowercase().contains(&name.to_lowercase())
}

/// Makes and checks hashes, a few at a time.
#[derive(Debug, Clone)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// The hash of a password in PHC form.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.run(move || hash(&password)).await?
    }

    /// Whether a password is the one that was hashed. Where there is no hash it is not, after as long a time.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool> {
        self.run(move || {
            let right = verify(&password, stored.as_deref().unwrap_or(&NOBODY));
            right && stored.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let failed = |error: &dyn std::fmt::Display| Error::internal(format!("a password: {error}"));
        let place = self.0.clone().acquire_owned().await.map_err(|error| failed(&error))?;
        let done = tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(place);
            answer
        });
        done.await.map_err(|error| failed(&error))
    }
}

fn hash(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| Error::internal(format!("a password: {error}")))
}

fn verify(password: &str, stored: &str) -> bool {
    let parsed = PasswordHash::new(stored);
    parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_told_from_every_other() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse".to_owned()).await.unwrap(), "each has its salt");
        let verify = |password: &str, stored: Option<&str>| {
            passwords.verify(password.to_owned(), stored.map(str::to_owned))
        };
        assert!(verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!verify("correct horse ", Some(&hash)).await.unwrap());
        assert!(!verify("nobody has this password", None).await.unwrap());
        assert!(!verify("", Some("no hash")).await.unwrap());
    }

    #[test]
    fn a_password_is_long_enough_and_does_not_have_the_name_in_it() {
        assert!(is_fit("好好好好好好好好好好", "mei"));
        for (password, name) in [("short", "mei"), (&*"x".repeat(129), "mei"), ("123MEI45678", "mei")] {
            assert!(!is_fit(password, name), "{password}");
        }
    }
}
