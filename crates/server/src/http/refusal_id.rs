//! The id at the end of every refusal. WeChat adds one so that a merchant can quote it. kaquan also logs the refusal
//! with this id.

use crate::encoding::url_base64;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// An id of 14 characters of `[A-Za-z0-9_-]`, different for each refusal of this process.
pub fn next() -> String {
    static START: OnceLock<u64> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let start = *START.get_or_init(|| getrandom::u64().unwrap_or_default());
    // Multiplying by an odd number gives every value once before any value repeats.
    let n = COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ start;
    let mut id = url_base64(&n.to_be_bytes());
    id.push_str("kq1");
    id
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_have_fourteen_characters_and_differ() {
        let (a, b) = (super::next(), super::next());
        assert_eq!((a.len(), b.len()), (14, 14));
        assert_ne!(a, b);
    }
}
