//! The newest part of the holder index, in memory until it is written to the file: entries in the order they came,
//! chained by holder, so that adding one costs a push and no allocation of its own.

use super::ISSUING;
use crate::error::Result;
use crate::row::damaged;
use crate::sqlite::load::query_all;
use crate::sqlite::row::column;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{AppId, CardNo, CodeSeq, EventSeq, OpenId};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::Arc;

/// A code that came into someone's hands.
#[derive(Debug, Clone)]
pub(in crate::sqlite) struct Issued {
    /// Who holds it.
    pub openid: OpenId,
    /// The card it is of.
    pub card: CardNo,
    /// Its number.
    pub seq: CodeSeq,
}

impl Issued {
    /// The code an event brought into someone's hands, if it did.
    pub fn by(event: &Event) -> Option<Issued> {
        let openid = match event.kind {
            EventKind::Claim => &event.openid,
            EventKind::GiftAccept => &event.friend,
            _ => return None,
        };
        Some(Issued { openid: openid.clone()?, card: event.card, seq: event.code? })
    }
}

/// An entry of the index.
#[derive(Debug)]
pub(in crate::sqlite) struct Entry {
    /// The app.
    pub app: AppId,
    /// What was issued to whom.
    pub issued: Issued,
    /// The holder's entry before this one, or [`NONE`].
    before: u32,
}

const NONE: u32 = u32::MAX;

/// Entries that are not in the file yet.
#[derive(Debug, Default)]
pub(in crate::sqlite) struct Tail {
    /// The entries, oldest first.
    pub entries: Vec<Entry>,
    /// The newest entry of a holder by fingerprint.
    newest: HashMap<u64, u32, BuildHasherDefault<Identity>>,
    /// How far the log of each app is in the index once this is.
    pub next: BTreeMap<AppId, EventSeq>,
    /// Events read to get here, also those that issued nothing.
    pub events: usize,
}

impl Tail {
    /// An empty tail with room for `entries`, that goes on where the log was read up to.
    pub fn after(next: BTreeMap<AppId, EventSeq>, entries: usize) -> Tail {
        Tail {
            entries: Vec::with_capacity(entries),
            newest: HashMap::with_capacity_and_hasher(entries, BuildHasherDefault::default()),
            next,
            events: 0,
        }
    }

    /// Adds an entry; `key` is the holder's fingerprint.
    pub fn push(&mut self, key: u64, app: AppId, issued: Issued) {
        let number = self.entries.len() as u32;
        let before = self.newest.insert(key, number).unwrap_or(NONE);
        self.entries.push(Entry { app, issued, before });
    }

    /// Adds the numbers of a holder's codes to `seqs`.
    pub fn codes_of_holder(
        &self,
        key: u64,
        app: AppId,
        openid: &OpenId,
        card: Option<CardNo>,
        seqs: &mut Vec<CodeSeq>,
    ) {
        let mut at = self.newest.get(&key).copied().unwrap_or(NONE);
        while let Some(entry) = self.entries.get(at as usize) {
            let issued = &entry.issued;
            // Two holders may share a fingerprint.
            if entry.app == app && issued.openid == *openid && card.is_none_or(|card| card == issued.card) {
                seqs.push(issued.seq);
            }
            at = entry.before;
        }
    }

    /// Adds the numbers of a card's codes to `seqs`.
    pub fn codes_of_card(&self, app: AppId, card: CardNo, from: CodeSeq, seqs: &mut Vec<CodeSeq>) {
        let of_card =
            |entry: &&Entry| entry.app == app && entry.issued.card == card && entry.issued.seq >= from;
        seqs.extend(self.entries.iter().filter(of_card).map(|entry| entry.issued.seq));
    }
}

/// Entries one chunk of the log may bring, some hundred megabytes of them. The fewer chunks, the fewer times each page
/// of the file is written.
const CHUNK_ENTRIES: i64 = 1_000_000;

/// Reads a chunk of the log, from `from` up to `end` (exclusive) at most.
pub(super) fn read_chunk(
    main: &Connection,
    hasher: &RandomState,
    app: AppId,
    from: EventSeq,
    end: EventSeq,
) -> Result<Tail> {
    let sql = format!(
        "SELECT seq, kind, card_no, code_seq, openid, friend FROM events \
         WHERE app_id = ?1 AND seq >= ?2 AND seq < ?3 AND {ISSUING} ORDER BY seq LIMIT ?4"
    );
    let mut tail = Tail::default();
    let mut last = from;
    query_all(main, &sql, (app.0, from.0, end.0, CHUNK_ENTRIES), |row| {
        last = EventSeq(column(row, 0)?);
        let holder = if column::<u8>(row, 1)? == EventKind::Claim.number() { 4 } else { 5 };
        let openid = row.get_ref(holder)?.as_str().map_err(|error| damaged("openid", error))?;
        let openid = OpenId::from(Arc::<str>::from(openid));
        let issued = Issued { card: CardNo(column(row, 2)?), seq: CodeSeq(column(row, 3)?), openid };
        tail.push(hasher.hash_one((app.0, issued.openid.as_str())), app, issued);
        Ok(())
    })?;
    let full = tail.entries.len() as i64 == CHUNK_ENTRIES;
    tail.next.insert(app, if full { EventSeq(last.0 + 1) } else { end });
    Ok(tail)
}

/// Takes a fingerprint as the hash it is.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
