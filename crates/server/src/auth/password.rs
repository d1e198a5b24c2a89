//! Passwords: Argon2id with the minimum parameters of OWASP; each hash has its own salt. One hash takes tens of
//! milliseconds and 19 MiB. So few hashes are computed at the same time, and their queue is limited.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use kaquan_core::error::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tokio::sync::Semaphore;
use zxcvbn::{Score, zxcvbn};

/// The largest number of hashes computed at the same time.
const AT_ONCE: usize = 2;
/// The largest number of callers with the same key in the queue, including those whose hash is being computed.
const KEY_MAX: usize = 4;
/// The largest number of callers in the queue.
const QUEUE_MAX: usize = 64;
/// Places in the queue that are reserved for recognized callers.
const RESERVED: usize = 16;
/// How many characters a password may have.
const LENGTHS: std::ops::RangeInclusive<usize> = 10..=128;

/// The hash to check if the account does not exist, so that the time of a check does not reveal whether it exists.
static NO_ACCOUNT: LazyLock<String> =
    LazyLock::new(|| hash("no account has this password").unwrap_or_default());

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFault {
    /// The password is too short or too long.
    Length,
    /// The password contains the name of the account.
    Name,
    /// The password is common, or follows a pattern such as a row of keys.
    Common,
}

/// Whether a text has the right length for a password.
pub fn has_length(password: &str) -> bool {
    // The count stops early, because a text may have a megabyte.
    LENGTHS.contains(&password.chars().take(LENGTHS.end() + 1).count())
}

/// Checks a new password for the account with this name.
///
/// # Errors
///
/// The first rule that the password breaks.
pub fn check(password: &str, name: &str) -> std::result::Result<(), PasswordFault> {
    if !has_length(password) {
        return Err(PasswordFault::Length);
    }
    if password.to_lowercase().contains(&name.to_lowercase()) {
        return Err(PasswordFault::Name);
    }
    match zxcvbn(password, &[name, "kaquan"]).score() >= Score::Two {
        true => Ok(()),
        false => Err(PasswordFault::Common),
    }
}

/// The caller that needs a hash. Callers with the same key have at most four places in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HashCaller {
    /// An unknown browser at this address; the key is the address.
    Stranger(String),
    /// A session, a login link or a known browser of this account; the key is the account.
    Recognized(i64),
}

/// Computes and checks hashes. Each call needs a [`HashPlace`], so that no caller can skip the queue.
#[derive(Debug, Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    len: usize,
    by_key: HashMap<String, usize>,
}

/// A place in the queue for hashes. Dropping it frees the place.
#[derive(Debug)]
pub struct HashPlace {
    queue: Arc<Mutex<Queue>>,
    key: String,
}

impl Drop for HashPlace {
    fn drop(&mut self) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.len -= 1;
        if let Some(len) = queue.by_key.get_mut(&self.key) {
            *len -= 1;
            if *len == 0 {
                queue.by_key.remove(&self.key);
            }
        }
    }
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords { running: Arc::new(Semaphore::new(AT_ONCE)), queue: Arc::default() }
    }
}

impl Passwords {
    /// Takes a place in the queue. Returns `None` if the caller's key or the whole queue has no free place.
    pub fn enter(&self, caller: &HashCaller) -> Option<Arc<HashPlace>> {
        let (key, max) = match caller {
            HashCaller::Stranger(address) => (format!("from {address}"), QUEUE_MAX - RESERVED),
            HashCaller::Recognized(account) => (format!("account {account}"), QUEUE_MAX),
        };
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len >= max || queue.by_key.get(&key).is_some_and(|len| *len >= KEY_MAX) {
            return None;
        }
        queue.len += 1;
        *queue.by_key.entry(key.clone()).or_default() += 1;
        Some(Arc::new(HashPlace { queue: self.queue.clone(), key }))
    }

    /// The hash of a password in PHC form.
    ///
    /// # Errors
    ///
    /// -1 if the hashing fails.
    pub async fn hash(&self, place: &Arc<HashPlace>, password: String) -> Result<String> {
        self.run(place, move || hash(&password)).await?
    }

    /// Whether a password matches a hash. Without a hash the result is false, after the same time.
    ///
    /// # Errors
    ///
    /// -1 if the hashing fails.
    pub async fn verify(
        &self,
        place: &Arc<HashPlace>,
        password: String,
        stored: Option<String>,
    ) -> Result<bool> {
        self.run(place, move || {
            let right = verify(&password, stored.as_deref().unwrap_or(&NO_ACCOUNT));
            right && stored.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        place: &Arc<HashPlace>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let failed = |error: &dyn std::fmt::Display| Error::internal(format!("a password: {error}"));
        let running = self.running.clone().acquire_owned().await.map_err(|error| failed(&error))?;
        // A caller that disconnects keeps its place until the hash is computed.
        let place = place.clone();
        let done = tokio::task::spawn_blocking(move || {
            let answer = work();
            drop((running, place));
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

    fn stranger(address: &str) -> HashCaller {
        HashCaller::Stranger(address.to_owned())
    }

    #[tokio::test]
    async fn a_password_matches_its_hash_and_no_other() {
        let passwords = Passwords::default();
        let place = passwords.enter(&stranger("::1")).unwrap();
        let hash = passwords.hash(&place, "correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let again = passwords.hash(&place, "correct horse".to_owned()).await.unwrap();
        assert_ne!(hash, again, "each has its salt");
        let verify = |password: &str, stored: Option<&str>| {
            let (password, stored) = (password.to_owned(), stored.map(str::to_owned));
            passwords.verify(&place, password, stored)
        };
        assert!(verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!verify("correct horse ", Some(&hash)).await.unwrap());
        assert!(!verify("no account has this password", None).await.unwrap());
        assert!(!verify("", Some("no hash")).await.unwrap());
    }

    #[test]
    fn an_address_that_fills_its_places_leaves_the_places_of_others() {
        let passwords = Passwords::default();
        let held: Vec<_> = (0..10).filter_map(|_| passwords.enter(&stranger("10.0.0.1"))).collect();
        assert_eq!(held.len(), KEY_MAX);
        assert!(passwords.enter(&stranger("10.0.0.2")).is_some());
        drop(held);
        assert!(passwords.enter(&stranger("10.0.0.1")).is_some());
        assert_eq!(passwords.queue.lock().unwrap().by_key.len(), 0, "dropped places leave nothing");
    }

    #[test]
    fn a_full_queue_keeps_places_for_recognized_callers() {
        let passwords = Passwords::default();
        let held: Vec<_> =
            (0..100).filter_map(|n| passwords.enter(&stranger(&format!("10.0.0.{n}")))).collect();
        assert_eq!(held.len(), QUEUE_MAX - RESERVED);
        let known: Vec<_> = (0..100).filter_map(|n| passwords.enter(&HashCaller::Recognized(n))).collect();
        assert_eq!(known.len(), RESERVED);
    }

    #[test]
    fn a_password_is_long_and_uncommon_and_does_not_contain_the_name() {
        for fit in ["a long enough one", "好雨知时节当春乃发生", "9fJq2-xLw8", &*"correct horse ".repeat(9)]
        {
            assert_eq!(check(fit, "mei"), Ok(()), "{fit}");
        }
        for (password, why) in [
            ("short", PasswordFault::Length),
            (&*"x".repeat(129), PasswordFault::Length),
            ("123MEI45678", PasswordFault::Name),
            ("1234567890", PasswordFault::Common),
            ("password123", PasswordFault::Common),
            ("qwertyuiop", PasswordFault::Common),
            ("aaaaaaaaaaaaaaa", PasswordFault::Common),
            ("iloveyou123", PasswordFault::Common),
            ("1qaz2wsx3edc", PasswordFault::Common),
        ] {
            assert_eq!(check(password, "mei"), Err(why), "{password}");
        }
    }
}
