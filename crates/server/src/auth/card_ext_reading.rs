//! Finds out which value of a signed `cardExt` is which. WeChat's signature covers the sorted values without their
//! names and without separators, so one signed string can be read in several ways. This file limits the form of each
//! value, lists every reading of a signed string, and accepts at most one reading.

use kaquan_core::id::CODE_MAX;
use kaquan_core::time::{DAY_SECS, Timestamp};

/// The largest difference between a timestamp and now, in seconds.
const STAMP_AWAY_MAX: i64 = DAY_SECS;
/// A value counts as a possible timestamp up to this many seconds beyond [`STAMP_AWAY_MAX`]. A ticket is valid for
/// two hours. With this margin, two readings of one string cannot be accepted one after the other.
const STAMP_MARGIN: i64 = 3 * 3600;
/// The longest `nonce_str`, in characters.
const NONCE_MAX: usize = 32;
/// Lengths of a `nonce_str` beside a code: those that client libraries use.
const NONCE_LENS: [usize; 3] = [6, 16, 32];
/// Length of an openid and of a card id, in characters.
const NAME_LEN: usize = 28;
/// The number of characters at the beginning that all card ids of an app share.
const CARD_TAG_LEN: usize = 7;

/// The signed values of a `cardExt` by their names. A missing value is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading<'a> {
    timestamp: &'a str,
    card_id: &'a str,
    code: &'a str,
    openid: &'a str,
    nonce_str: &'a str,
}

#[derive(Clone, Copy)]
enum Role {
    Timestamp,
    CardId,
    Code,
    Openid,
    Nonce,
}

const ROLES: [Role; 5] = [Role::Timestamp, Role::CardId, Role::Code, Role::Openid, Role::Nonce];

impl Role {
    const fn lens(self) -> std::ops::RangeInclusive<usize> {
        match self {
            Role::Timestamp => 10..=10,
            Role::CardId | Role::Openid => NAME_LEN..=NAME_LEN,
            Role::Code => 1..=CODE_MAX,
            Role::Nonce => 1..=NONCE_MAX,
        }
    }
}

/// Whether the text is `first` and 27 more characters, the form of names made by WeChat and kaquan.
fn is_name(text: &str, first: char) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() == NAME_LEN && text.starts_with(first) && text.bytes().all(is_part)
}

/// Whether the text is or contains the appid. Then the string may come from chooseCard, which always signs the appid.
fn has_appid(text: &str, appid: &str) -> bool {
    !appid.is_empty() && text.contains(appid)
}

/// Whether the text is a Unix time in seconds. If a timestamp could have another form, it could contain a part of
/// another value.
pub fn is_stamp(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_stamp_near(text: &str, now: Timestamp, away: i64) -> bool {
    is_stamp(text) && text.parse::<i64>().is_ok_and(|at| (at - now.0).abs() <= away)
}

/// Whether the text can be a `nonce_str`: 1 to 32 letters and digits, but no openid and no card id.
pub fn is_nonce(text: &str) -> bool {
    (1..=NONCE_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !is_name(text, 'o')
        && !is_name(text, 'p')
}

/// Whether a `nonce_str` beside a code has a length that libraries use, and cannot be digits of the code.
fn is_nonce_beside_code(text: &str) -> bool {
    NONCE_LENS.contains(&text.len()) && text.bytes().take(6).any(|byte| byte.is_ascii_alphabetic())
}

impl<'a> Reading<'a> {
    /// The reading that a request states. `values` are in the order of the fields of a `cardExt`.
    pub fn of(values: &'a [String]) -> Reading<'a> {
        let at = |at: usize| values.get(at).map(String::as_str).unwrap_or_default();
        Reading { timestamp: at(0), card_id: at(1), code: at(2), openid: at(3), nonce_str: at(4) }
    }

    fn slot(&mut self, role: Role) -> &mut &'a str {
        match role {
            Role::Timestamp => &mut self.timestamp,
            Role::CardId => &mut self.card_id,
            Role::Code => &mut self.code,
            Role::Openid => &mut self.openid,
            Role::Nonce => &mut self.nonce_str,
        }
    }

    /// The values that a claim uses.
    fn meaning(&self) -> [&'a str; 3] {
        [self.card_id, self.code, self.openid]
    }

    /// How likely it is that the values have their right names. The most likely reading names an openid; then comes a
    /// code of digits, then a code without small letters. A random `nonce_str` usually has small letters.
    fn ranks(&self) -> [u8; 2] {
        let code = match self.code {
            code if code.bytes().all(|byte| byte.is_ascii_digit()) => 2,
            code if code.bytes().any(|byte| byte.is_ascii_lowercase()) => 0,
            _ => 1,
        };
        [u8::from(!self.openid.is_empty()), code]
    }

    /// Whether this reading has priority over another reading of the same string. Of two readings, at most one has
    /// priority.
    fn beats(&self, other: &Reading<'_>) -> bool {
        let pairs: Vec<(u8, u8)> = self.ranks().into_iter().zip(other.ranks()).collect();
        pairs.iter().all(|(own, other)| own >= other) && pairs.iter().any(|(own, other)| own > other)
    }

    /// Why a value does not have its required form; `None` if all values have it.
    pub fn fault(&self, now: Timestamp) -> Option<&'static str> {
        Some(match self {
            _ if self.timestamp.is_empty() => "has no timestamp",
            _ if !is_stamp(self.timestamp) => "its timestamp is not Unix time in seconds",
            _ if !is_stamp_near(self.timestamp, now, STAMP_AWAY_MAX) => {
                "its timestamp is more than a day away from now"
            }
            _ if self.nonce_str.chars().count() > NONCE_MAX => "nonce_str has more than 32 characters",
            _ if !self.nonce_str.is_empty() && !is_nonce(self.nonce_str) => {
                "nonce_str must be letters and digits, and must not look like an openid or a card id"
            }
            _ if !self.openid.is_empty() && !is_name(self.openid, 'o') => {
                "openid is not o and 27 more characters, so it could be a nonce_str; sign with sign_type KAQUAN-HMAC-SHA256"
            }
            _ if !self.code.is_empty()
                && !self.nonce_str.is_empty()
                && !is_nonce_beside_code(self.nonce_str) =>
            {
                "with a code, nonce_str must have 6, 16 or 32 characters and a letter among the first six"
            }
            _ => return None,
        })
    }

    /// Why a claim does not accept this reading of the string signed with this ticket; `None` if it accepts it.
    pub fn refusal(&self, ticket: &str, appid: &str, now: Timestamp) -> Option<&'static str> {
        let all = [self.timestamp, self.card_id, self.code, self.openid, self.nonce_str];
        if let Some(fault) = self.fault(now) {
            return Some(fault);
        }
        let mut values: Vec<&str> = all.into_iter().filter(|value| !value.is_empty()).collect();
        values.sort_unstable();
        let split = values.partition_point(|value| *value < ticket);
        let (below, above) = (values[..split].concat(), values[split..].concat());
        if has_appid(&below, appid) || has_appid(&above, appid) {
            return Some("an app id is signed, as it is for chooseCard");
        }
        let search = Search { mine: *self, ticket, now, parts: [&below, &above] };
        search.is_ambiguous(0, &below, "", Reading::default()).then_some(
            "the signed values can be read in another way; sign again with a new nonce_str, or with sign_type \
             KAQUAN-HMAC-SHA256",
        )
    }
}

/// Searches a signed string for a reading that competes with `mine`; see [`Search::competes`].
struct Search<'a> {
    mine: Reading<'a>,
    ticket: &'a str,
    now: Timestamp,
    /// The parts of the string before and after the ticket.
    parts: [&'a str; 2],
}

impl<'a> Search<'a> {
    /// Whether a competing reading is found from `rest` on. `last` is the value before `rest` in the same part.
    fn is_ambiguous(&self, part: usize, rest: &'a str, last: &str, so_far: Reading<'a>) -> bool {
        if rest.is_empty() {
            return match self.parts.get(part + 1) {
                Some(next) => self.is_ambiguous(part + 1, next, "", so_far),
                None => self.competes(&so_far),
            };
        }
        ROLES.into_iter().any(|role| {
            role.lens().any(|len| {
                let Some((value, rest)) = rest.split_at_checked(len) else { return false };
                let mut reading = so_far;
                if !reading.slot(role).is_empty() || !self.fits(role, value) {
                    return false;
                }
                let is_sorted = value >= last && (value < self.ticket) == (part == 0);
                *reading.slot(role) = value;
                is_sorted && self.is_ambiguous(part, rest, value, reading)
            })
        })
    }

    fn fits(&self, role: Role, value: &str) -> bool {
        match role {
            Role::Timestamp => is_stamp_near(value, self.now, STAMP_AWAY_MAX + STAMP_MARGIN),
            Role::CardId => {
                is_name(value, 'p') && value.get(..CARD_TAG_LEN) == self.mine.card_id.get(..CARD_TAG_LEN)
            }
            Role::Code => true,
            Role::Openid => is_name(value, 'o'),
            Role::Nonce => is_nonce(value),
        }
    }

    /// Whether `other` is complete, has a different meaning than `mine`, and `mine` has no priority over it. For
    /// one card, either all readings have a code or none has, because the card decides whether a code is used.
    fn competes(&self, other: &Reading<'a>) -> bool {
        let is_whole = !other.timestamp.is_empty()
            && !other.card_id.is_empty()
            && (other.code.is_empty() || other.nonce_str.is_empty() || is_nonce_beside_code(other.nonce_str));
        let is_same_card = other.card_id == self.mine.card_id;
        let has_codes = is_same_card && other.code.is_empty() != self.mine.code.is_empty();
        is_whole && !has_codes && other.meaning() != self.mine.meaning() && !self.mine.beats(other)
    }
}

#[cfg(test)]
#[path = "card_ext_reading_tests.rs"]
mod tests;
