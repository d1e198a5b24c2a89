//! The values of a signed string can be renamed, split and joined in many ways. Of all these, a claim accepts only
//! the original.

use super::*;
use crate::auth::sign::{Signed, Values, signature, sorted};

const APPID: &str = "wx0123456789abcdef";
const CARD: &str = "p6-tPIaIlTf0VJTxB60lYCbnZhg0";
const OTHER_CARD: &str = "p6-tPIaHPFlvHbIA09dzC3GNk2Gn";
const NOW: Timestamp = Timestamp(1_795_408_233);

/// Random-looking texts that are the same in every run.
struct Texts(u64);

impl Texts {
    fn of(&mut self, len: usize, letters: &str) -> String {
        let letters: Vec<char> = letters.chars().collect();
        let pick = |_| {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            letters[usize::try_from(self.0 >> 33).unwrap() % letters.len()]
        };
        (0..len).map(pick).collect()
    }
}

const DIGITS: &str = "0123456789";
const ALNUM: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const BASE64: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

fn values(timestamp: &str, card_id: &str, code: &str, openid: &str, nonce: &str) -> Values {
    [timestamp, card_id, code, openid, nonce, ""].map(str::to_owned).to_vec()
}

fn refusal(values: &Values, ticket: &str) -> Option<&'static str> {
    Reading::of(values).refusal(ticket, APPID, NOW)
}

/// Lists of values that give the same string: one value is split, two neighbours are joined, or a character moves
/// between them.
fn regrouped(values: &Values, ticket: &str) -> Vec<Vec<String>> {
    let pieces = sorted(ticket, values);
    let mut lists = Vec::new();
    for at in 0..pieces.len() {
        for take in 1..=2 {
            let Some(taken) = pieces.get(at..at + take) else { continue };
            if taken.contains(&ticket) {
                continue;
            }
            let joined = taken.concat();
            for cut in 0..joined.len() {
                let (left, right) = joined.split_at(cut);
                let rest = pieces[..at].iter().chain(&pieces[at + take..]);
                let all =
                    rest.copied().chain([left, right]).filter(|piece| *piece != ticket && !piece.is_empty());
                lists.push(all.map(str::to_owned).collect());
            }
        }
    }
    lists
}

/// Every way to give names to these texts.
fn named(texts: &[String]) -> Vec<Values> {
    let mut all = vec![values("", "", "", "", "")];
    for text in texts {
        let give = |values: Values| {
            (0..5).filter_map(move |at| {
                let mut values = values.clone();
                values[at].is_empty().then(|| text.clone_into(&mut values[at]))?;
                Some(values)
            })
        };
        all = all.into_iter().flat_map(give).collect();
    }
    all
}

/// The meanings that a claim accepts for the signed string. The card decides
/// whether a code is used, so no reading may add or drop the code.
fn taken(original: &Values, ticket: &str) -> Vec<[String; 3]> {
    let signed = signature(Signed::CardExt, ticket, original);
    let mut taken = Vec::new();
    for other in regrouped(original, ticket).iter().flat_map(|list| named(list)) {
        let is_right = other[1] == CARD
            && other[2].is_empty() == original[2].is_empty()
            && Reading::of(&other).fault(NOW).is_none()
            && signature(Signed::CardExt, ticket, &other) == signed;
        if is_right && refusal(&other, ticket).is_none() {
            taken.push(Reading::of(&other).meaning().map(str::to_owned));
        }
    }
    taken.sort();
    taken.dedup();
    taken
}

#[test]
fn no_other_reading_of_a_signed_string_is_taken() {
    let mut texts = Texts(7);
    let (mut accepted, mut all) = (0, 0);
    for round in 0..48 {
        let ticket = texts.of(86, BASE64);
        let nonce_len = [6, 16, 32, 0][round % 4];
        let nonce = texts.of(nonce_len, ALNUM);
        let code = if round / 4 % 2 == 0 { String::new() } else { texts.of(12, DIGITS) };
        let openid = if round / 8 % 2 == 0 { String::new() } else { format!("o{}", texts.of(27, BASE64)) };
        let original = values(&NOW.0.to_string(), CARD, &code, &openid, &nonce);
        let taken = taken(&original, &ticket);
        let meaning = Reading::of(&original).meaning().map(str::to_owned);
        assert!(taken.iter().all(|other| *other == meaning), "{original:?} is also read as {taken:?}");
        accepted += usize::from(refusal(&original, &ticket).is_none());
        all += 1;
    }
    assert!(accepted * 10 >= all * 9, "{accepted} of {all} sets as libraries make them are taken");
}

#[test]
fn values_of_another_shape_are_refused_in_nonce_str() {
    let (stamp, ticket) = (NOW.0.to_string(), Texts(1).of(86, BASE64));
    let openid = format!("o{}", Texts(2).of(27, ALNUM));
    let refused = |values: &Values| refusal(values, &ticket).unwrap_or_default();
    for nonce in [openid.as_str(), OTHER_CARD, APPID, "wx0123456789abcdefn1", ticket.as_str(), "a b", "密"] {
        let set = values(&stamp, CARD, "", "", nonce);
        assert!(!refused(&set).is_empty(), "{nonce}");
    }
    for openid in ["Wm3WZYTPz0wzccnW", CARD, "oA", stamp.as_str()] {
        assert!(
            refused(&values(&stamp, CARD, "", openid, "Wm3WZYTPz0wzccnX")).contains("openid"),
            "{openid}"
        );
    }
    for nonce in ["123456", "1234567890123456", "abc", "Wm3WZYTPz0wzccnWa"] {
        assert!(refused(&values(&stamp, CARD, "1434008071", "", nonce)).contains("nonce_str"), "{nonce}");
    }
    for stamp in ["", "1795408233000", "1404896688", "179540823a"] {
        assert!(refused(&values(stamp, CARD, "", "", "n1")).contains("timestamp"), "{stamp}");
    }
}

#[test]
fn a_holder_cannot_change_places_with_a_nonce_or_lose_the_name_by_joining() {
    let (stamp, ticket) = (NOW.0.to_string(), format!("0{}", Texts(1).of(85, BASE64)));
    let holder = format!("o{}", Texts(3).of(27, ALNUM));
    let other = format!("o{}", Texts(4).of(27, ALNUM));
    let ambiguous = |values: &Values| refusal(values, &ticket);
    assert!(ambiguous(&values(&stamp, CARD, "", &holder, &other)).is_some(), "an openid as nonce_str");
    let joined = values(&stamp, CARD, "", "", &format!("Ab1{holder}"));
    assert!(ambiguous(&joined).is_some(), "nonce_str and openid as one nonce_str");
    assert_eq!(ambiguous(&values(&stamp, CARD, "", &holder, "Wm3WZYTPz0wzccnW")), None);
    assert_eq!(ambiguous(&values(&stamp, CARD, "", "", "123")), None);
}
