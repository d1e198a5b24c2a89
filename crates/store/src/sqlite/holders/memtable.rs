//! The newest part of the holder index, in memory until it is written to the file. Entries are in the order of the
//! log, and the entries of one holder are linked. Adding an entry needs no allocation of its own.

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

/// A code that a holder got.
#[derive(Debug, Clone)]
pub(in crate::sqlite) struct IssuedCode {
    pub openid: OpenId,
    pub card: CardNo,
    pub seq: CodeSeq,
}

impl IssuedCode {
    /// The code that an event gave to a holder; `None` for other events.
    pub fn by(event: &Event) -> Option<IssuedCode> {
        let openid = match event.kind {
            EventKind::Claim => &event.openid,
            EventKind::GiftAccept => &event.friend,
            _ => return None,
        };
        Some(IssuedCode { openid: openid.clone()?, card: event.card, seq: event.code? })
    }
}

/// An entry of the index.
#[derive(Debug)]
pub(in crate::sqlite) struct Entry {
    pub app: AppId,
    pub issued: IssuedCode,
    /// The index of the same holder's previous entry, or [`NONE`].
    before: u32,
}

const NONE: u32 = u32::MAX;

/// Entries that are not in the file yet.
#[derive(Debug, Default)]
pub(in crate::sqlite) struct Memtable {
    /// The entries, oldest first.
    pub entries: Vec<Entry>,
    /// The newest entry of each holder, by fingerprint.
    newest: HashMap<u64, u32, BuildHasherDefault<IdentityHasher>>,
    /// The cursor of each app after this memtable is written to the file.
    pub next: BTreeMap<AppId, EventSeq>,
    /// Events since the last memtable, including those that gave no code to a holder.
    pub events: usize,
}

impl Memtable {
    /// An empty memtable that continues at these cursors, with room for `entries`.
    pub fn after(next: BTreeMap<AppId, EventSeq>, entries: usize) -> Memtable {
        Memtable {
            entries: Vec::with_capacity(entries),
            newest: HashMap::with_capacity_and_hasher(entries, BuildHasherDefault::default()),
            next,
            events: 0,
        }
    }

    /// Adds an entry; `key` is the holder's fingerprint.
    pub fn push(&mut self, key: u64, app: AppId, issued: IssuedCode) {
        let number = self.entries.len() as u32;
        let before = self.newest.insert(key, number).unwrap_or(NONE);
        self.entries.push(Entry { app, issued, before });
    }

    /// Adds the numbers of a holder's codes from `from` on to `seqs`.
    pub fn codes_of_holder(
        &self,
        key: u64,
        app: AppId,
        openid: &OpenId,
        card: Option<CardNo>,
        from: CodeSeq,
        seqs: &mut Vec<CodeSeq>,
    ) {
        let mut at = self.newest.get(&key).copied().unwrap_or(NONE);
        while let Some(entry) = self.entries.get(at as usize) {
            let issued = &entry.issued;
            // The log gives codes in the order of their numbers, so the entries before have lower ones.
            if entry.app == app && issued.seq < from {
                return;
            }
            // Two holders may have the same fingerprint.
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

/// Entries of one chunk of the log; they need some hundred megabytes. With larger chunks, each page of the file is
/// written fewer times.
const CHUNK_ENTRIES: i64 = 1_000_000;

/// Reads a chunk of the log, starting at `from` and ending before `end`.
pub(super) fn read_chunk(
    main: &Connection,
    hasher: &RandomState,
    app: AppId,
    from: EventSeq,
    end: EventSeq,
) -> Result<Memtable> {
    let sql = format!(
        "SELECT seq, kind, card_no, code_seq, openid, friend FROM events \
         WHERE app_id = ?1 AND seq >= ?2 AND seq < ?3 AND {ISSUING} ORDER BY seq LIMIT ?4"
    );
    let mut memtable = Memtable::default();
    let mut last = from;
    query_all(main, &sql, (app.0, from.0, end.0, CHUNK_ENTRIES), |row| {
        last = EventSeq(column(row, 0)?);
        let holder = if column::<u8>(row, 1)? == EventKind::Claim.number() { 4 } else { 5 };
        let openid = row.get_ref(holder)?.as_str().map_err(|error| damaged("openid", error))?;
        let openid = OpenId::from(Arc::<str>::from(openid));
        let issued = IssuedCode { card: CardNo(column(row, 2)?), seq: CodeSeq(column(row, 3)?), openid };
        memtable.push(hasher.hash_one((app.0, issued.openid.as_str())), app, issued);
        Ok(())
    })?;
    let full = memtable.entries.len() as i64 == CHUNK_ENTRIES;
    memtable.next.insert(app, if full { EventSeq(last.0 + 1) } else { end });
    Ok(memtable)
}

/// Returns the key itself as its hash, because a fingerprint already is a hash.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
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
