//! Imports a file of codes, chunk by chunk: `POST /kaquan/v1/code/import` and `kaquan codes import`. The progress of
//! the file and the outcome of each chunk are committed in the chunk's transaction. After an interruption, a client
//! asks for the progress, resumes there, and still gets the complete outcome. Native API.

use super::deposit::{DepositOutcome, asked_for, check_codes, deposit, open_for_imports};
use crate::card::CodeMode;
use crate::card::table::QUANTITY_MAX;
use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardId, CardNo, CodeText};
use crate::text;
use crate::time::{DAY_SECS, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// The largest number of codes in a chunk.
pub const CODES_PER_CHUNK: usize = 2_000;
/// Codes imported in one operation. A chunk is split, so that the batches of other apps stay short.
pub const CODES_PER_PART: usize = 100;
/// The longest name of a file, in bytes.
pub const FILE_MAX: usize = 64;
/// Seconds after the first chunk in which an import can be continued: 30 days.
pub const IMPORT_SECS: i64 = 30 * DAY_SECS;

/// Imports a chunk of a file, or returns the outcome of a chunk that was imported before. Without codes, it only
/// returns an outcome.
///
/// # Errors
///
/// In this order: 45021 and 47001 the name of the file is too long or has control characters; 40073 unknown card; 40078
/// not approved, deleted, or not a deposit card; 40097 the import began with another `stock`, codes before this chunk
/// are missing, or code `from` was imported before and no chunk began there; 40109 more codes than [`CODES_PER_CHUNK`];
/// 40110 an empty code; 40111 the same code twice; 45041 stock for more than 1 000 000 000 codes in total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportCodes {
    pub card_id: CardId,
    /// The digest of the file, which identifies it.
    pub file: Arc<str>,
    /// The number of codes in the file before this chunk.
    pub from: u64,
    pub codes: Vec<CodeText>,
    /// Further codes of the chunk. They are checked together with `codes`, and imported by later operations.
    pub rest: Vec<CodeText>,
    /// `from` of the whole chunk, of which this operation may import a part.
    pub chunk_from: u64,
    /// Whether the card's stock grows by the new codes.
    pub stock: bool,
}

/// The outcome of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportOutcome {
    /// The number of codes of the file that are processed so far.
    pub done: u64,
    /// The number of the first code after this chunk.
    pub next: u64,
    /// The number of new codes in the chunk.
    pub succ: u64,
    /// Positions in the chunk, from 0, of codes that the card already had.
    pub duplicate: Vec<u32>,
    /// Positions in the chunk, from 0, of texts that are too long for a code or have the form of dynamic codes.
    pub fail: Vec<u32>,
}

/// The progress of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Progress {
    done: u64,
    stock: bool,
    /// All records of an import expire at the same time, so that either all exist or none.
    until: i64,
}

/// The stored outcome of a part of a chunk.
#[derive(Debug, Serialize, Deserialize)]
struct Chunk {
    /// Where its chunk begins; `None` in records of former versions.
    #[serde(default)]
    begin: Option<u64>,
    len: u64,
    duplicate: Vec<u32>,
    fail: Vec<u32>,
}

impl Record for Progress {
    const KIND: RecordKind = RecordKind::Import;
}

impl Record for Chunk {
    const KIND: RecordKind = RecordKind::Import;
}

impl ImportCodes {
    fn progress_key(&self, card: CardNo) -> RecordKey {
        RecordKey { kind: RecordKind::Import, no: card.0, name: self.file.clone() }
    }

    fn chunk_key(&self, card: CardNo) -> RecordKey {
        // The name of a file cannot contain this character, so the key cannot be that of another file.
        let name = format!("{}\u{1f}{}", self.file, self.from);
        RecordKey { kind: RecordKind::Import, no: card.0, name: name.into() }
    }

    /// The outcome of a part that was imported before. The first part of a chunk must be where a chunk began before.
    fn repeated(&self, ws: &WorkingSet, card: CardNo, done: u64, now: Timestamp) -> Result<ImportOutcome> {
        let is_first = self.from == self.chunk_from;
        let fits = |part: &Chunk| !is_first || part.begin.is_none_or(|begin| begin == self.from);
        let part = ws.find_record::<Chunk>(&self.chunk_key(card), now)?.filter(fits);
        let Some(Chunk { begin, len, duplicate, fail }) = part else {
            return Err(Error::field(ErrCode::InvalidArgs, "from", "no chunk of this file begins there"));
        };
        if !is_first && self.codes.is_empty() && begin == Some(self.from) {
            // Another chunk begins here, so the requested chunk has ended.
            return Ok(ImportOutcome { done, next: self.from, ..ImportOutcome::default() });
        }
        let succ = len.saturating_sub((duplicate.len() + fail.len()) as u64);
        Ok(ImportOutcome { done, next: self.from + len, succ, duplicate, fail })
    }

    /// The progress after this chunk, or the error if the chunk cannot be imported now.
    fn check_place(&self, progress: Option<&Progress>) -> Result<u64> {
        if progress.is_some_and(|progress| progress.stock != self.stock) {
            let how = if self.stock { "without" } else { "with" };
            return Err(Error::field(ErrCode::InvalidArgs, "stock", format!("the import began {how} it")));
        }
        let done = progress.map_or(0, |progress| progress.done);
        if self.from > done {
            let reason = format!("is {}, but the next code of the file is {done}", self.from);
            return Err(Error::field(ErrCode::InvalidArgs, "from", reason));
        }
        Ok(done)
    }

    /// The positions of the duplicates and of the texts that cannot be codes.
    fn places(&self, deposited: &DepositOutcome) -> Chunk {
        let places: HashMap<&CodeText, u32> = self.codes.iter().zip(0..).collect();
        let of = |codes: &[CodeText]| codes.iter().filter_map(|code| places.get(code).copied()).collect();
        Chunk {
            begin: Some(self.chunk_from),
            len: self.codes.len() as u64,
            duplicate: of(&deposited.duplicate),
            fail: of(&deposited.fail),
        }
    }
}

impl Command for ImportCodes {
    type Reply = ImportOutcome;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        if let Some(card) = ws.loaded_card(&self.card_id)
            && card.terms.code_mode == CodeMode::Deposit
        {
            keys.records.extend([self.progress_key(card.no), self.chunk_key(card.no)]);
            keys.pools.entry(card.no).or_default();
            keys.custom_codes.extend(asked_for(card.no, &self.codes, CODES_PER_CHUNK));
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<ImportOutcome> {
        text::lines("file", &self.file, FILE_MAX)?;
        let card = open_for_imports(ws, &self.card_id)?;
        let (no, total) = (card.no, card.total);
        let progress: Option<Progress> = ws.find_record(&self.progress_key(no), now)?;
        let done = self.check_place(progress.as_ref())?;
        if self.from < done {
            return self.repeated(ws, no, done, now);
        }
        if self.codes.is_empty() {
            return Ok(ImportOutcome { done, next: done, ..ImportOutcome::default() });
        }
        match self.rest.is_empty() {
            true => check_codes(&self.codes, CODES_PER_CHUNK)?,
            false => check_codes(&[&self.codes[..], &self.rest].concat(), CODES_PER_CHUNK)?,
        }
        let adds = self.codes.len() + self.rest.len();
        // Duplicates are counted too. No real card comes so close to the limit that this matters.
        if self.stock && total.saturating_add(adds as i64) > QUANTITY_MAX {
            let reason = format!("at most {QUANTITY_MAX} in all");
            return Err(Error::field(ErrCode::TotalQuantityReached, "stock", reason));
        }
        let deposited = deposit(ws, no, &self.codes, now)?;
        let succ = deposited.succ.len() as i64;
        if self.stock && succ > 0 {
            let card = ws.cards.get_mut(&no)?;
            card.quantity += succ;
            card.total += succ;
            ws.emit(Event { amount: succ, ..Event::new(EventKind::StockChange, now, no) });
        }
        let chunk = self.places(&deposited);
        let until = progress.map_or(now.plus(IMPORT_SECS).0, |progress| progress.until);
        let progress = Progress { done: done + chunk.len, stock: self.stock, until };
        let until = Some(Timestamp(until));
        ws.put_record_until(self.chunk_key(no), &chunk, until)?;
        ws.put_record_until(self.progress_key(no), &progress, until)?;
        let Chunk { duplicate, fail, .. } = chunk;
        Ok(ImportOutcome { done: progress.done, next: progress.done, succ: succ as u64, duplicate, fail })
    }

    fn cost(&self) -> usize {
        self.codes.len().max(1)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::app::ReviewPolicy;
    use crate::code::DepositCodes;
    use crate::code::claim::{Claim, Via};
    use crate::engine::testing::*;
    use crate::operation::Operation;
    use serde_json::json;

    pub fn world() -> (World, CardId) {
        let mut world = World::new();
        let card = world.create(deposit_card());
        (world, card)
    }

    pub fn import(card_id: &CardId, from: u64, codes: &[&str]) -> ImportCodes {
        let codes = codes.iter().map(|code| CodeText::from(*code)).collect();
        ImportCodes {
            card_id: card_id.clone(),
            file: "f".into(),
            from,
            codes,
            rest: Vec::new(),
            chunk_from: from,
            stock: false,
        }
    }

    #[test]
    fn chunks_add_up_and_each_is_done_once_and_repeated_when_asked() {
        let (mut world, card) = world();
        world.run(DepositCodes { card_id: card.clone(), codes: vec!["b".into()] }).expect("imported");
        let long = "x".repeat(21);
        let first = world.run(import(&card, 0, &["a", "b", &long])).expect("imported");
        let expected = ImportOutcome { done: 3, next: 3, succ: 1, duplicate: vec![1], fail: vec![2] };
        assert_eq!(first, expected);
        let second = world.run(import(&card, 3, &["c"])).expect("imported");
        assert_eq!(second, ImportOutcome { done: 4, next: 4, succ: 1, ..ImportOutcome::default() });
        let before = world.clone();
        for again in [&["a", "b", &long][..], &[][..]] {
            assert_eq!(world.run(import(&card, 0, again)), Ok(ImportOutcome { done: 4, ..expected.clone() }));
        }
        let end = world.run(import(&card, 4, &[])).expect("an answer");
        assert_eq!(end, ImportOutcome { done: 4, next: 4, ..ImportOutcome::default() });
        assert_eq!(world, before, "asking changes nothing");
        assert_eq!(world.pools[&world.card(&card).no].deposited, 3);
    }

    #[test]
    fn another_file_and_another_card_have_a_progress_of_their_own() {
        let (mut world, card) = world();
        let other = world.create(deposit_card());
        world.run(import(&card, 0, &["a"])).expect("imported");
        assert_eq!(world.run(import(&other, 0, &["a"])).map(|it| it.succ), Ok(1));
        let file = ImportCodes { file: "g".into(), ..import(&card, 0, &["a", "b"]) };
        let reply = world.run(file).expect("imported");
        assert_eq!((reply.succ, reply.duplicate), (1, vec![0]));
    }

    #[test]
    fn no_name_of_a_file_stands_for_a_chunk_of_another() {
        let (mut world, card) = world();
        world.run(import(&card, 0, &["a"])).expect("imported");
        for name in ["f/0", "f/1", "f\n0"] {
            let file = ImportCodes { file: name.into(), ..import(&card, 0, &[]) };
            assert_eq!(world.run(file), Ok(ImportOutcome::default()), "{name:?}");
        }
    }

    #[test]
    fn more_codes_than_a_chunk_may_have_are_not_even_loaded() {
        let (world, card) = world();
        let codes: Vec<String> = (0..=CODES_PER_CHUNK).map(|code| code.to_string()).collect();
        let texts: Vec<&str> = codes.iter().map(String::as_str).collect();
        let import = import(&card, 0, &texts);
        let deposit = DepositCodes { card_id: card, codes: import.codes.clone() };
        let loaded = |op: Operation| {
            let (mut set, mut asked) = (world.loaded(|set, keys| op.reads(set, keys)), Keys::default());
            op.reads(&set, &mut asked);
            (asked.custom_codes.len(), refusal(op.apply(&mut set, world.now)))
        };
        for op in [Operation::from(import), Operation::from(deposit)] {
            assert_eq!(loaded(op), (0, Some(ErrCode::TooManyCodes)));
        }
    }

    #[test]
    fn an_import_with_stock_adds_the_number_of_new_codes() {
        let (mut world, card) = world();
        let stock = |import| ImportCodes { stock: true, ..import };
        world.run(stock(import(&card, 0, &["a", "b"]))).expect("imported");
        world
            .run(ImportCodes { file: "g".into(), ..stock(import(&card, 0, &["b", "c"])) })
            .expect("imported");
        assert_eq!((world.card(&card).quantity, world.card(&card).total), (3, 3));
        let changes = world.events.iter().filter(|event| event.kind == EventKind::StockChange);
        assert_eq!(changes.map(|event| event.amount).collect::<Vec<_>>(), [2, 1]);
        let mixed = world.run(import(&card, 2, &["d"]));
        assert_eq!(refusal(mixed), Some(ErrCode::InvalidArgs), "begun with stock");
    }

    #[test]
    fn a_batch_can_claim_codes_that_it_imports_with_stock() {
        let (mut world, card) = world();
        let batch: [Operation; 4] = [
            ImportCodes { stock: true, ..import(&card, 0, &["a"]) }.into(),
            ImportCodes { stock: true, ..import(&card, 1, &["b"]) }.into(),
            Claim::of(card.clone(), "o1".into(), Via::Server).into(),
            Claim::of(card.clone(), "o2".into(), Via::Server).into(),
        ];
        assert!(world.batch(&batch).into_iter().all(|reply| reply.is_ok()));
        assert_eq!(world.card(&card).quantity, 0);
    }

    #[test]
    fn an_import_is_forgotten_as_a_whole_after_thirty_days() {
        let (mut world, card) = world();
        world.run(import(&card, 0, &["a"])).expect("imported");
        world.pass(IMPORT_SECS - 1);
        world.run(import(&card, 1, &["b"])).expect("gone on with");
        world.pass(1);
        let base_info = json!({"groupon": {"base_info": {"date_info": range(-90_000, 2 * IMPORT_SECS)}}});
        world
            .run(crate::card::UpdateCard { card_id: card.clone(), patch: object(base_info) })
            .expect("widened");
        assert_eq!(refusal(world.run(import(&card, 2, &["c"]))), Some(ErrCode::InvalidArgs));
        let reply = world.run(import(&card, 0, &["a", "b", "c"])).expect("imported");
        assert_eq!((reply.succ, reply.duplicate), (1, vec![0, 1]));
    }

    #[test]
    fn import_errors_follow_the_documented_order() {
        let mut world = World::reviewed_by(ReviewPolicy::Manual);
        let (waiting, system) = (world.create(deposit_card()), world.create(groupon(json!({}))));
        world.app.review = ReviewPolicy::Auto;
        let open = world.create(deposit_card());
        world.run(import(&open, 0, &["a", "b"])).expect("imported");
        let many: Vec<String> = (0..=CODES_PER_CHUNK).map(|n| n.to_string()).collect();
        let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
        many[1] = "";
        for (case, op, expected) in [
            ("unknown card", import(&"pNowhere".into(), 9, &many), ErrCode::InvalidCardId),
            ("no deposit card", import(&system, 9, &many), ErrCode::InvalidCardStatus),
            ("waits for review", import(&waiting, 9, &many), ErrCode::InvalidCardStatus),
            ("beyond what is there, too many", import(&open, 3, &many), ErrCode::InvalidArgs),
            ("in the middle of a chunk, too many", import(&open, 1, &many), ErrCode::InvalidArgs),
            ("too many, one empty", import(&open, 2, &many), ErrCode::TooManyCodes),
            ("one empty, one twice", import(&open, 2, &["c", "c", ""]), ErrCode::HaveEmptyCode),
            ("one twice", import(&open, 2, &["c", "c"]), ErrCode::HaveSameCode),
        ] {
            assert_eq!(refusal(world.run(op)), Some(expected), "{case}");
        }
        world.cards.get_mut(&world.card_ids[&open]).expect("a card").total = QUANTITY_MAX;
        let full = ImportCodes { file: "g".into(), stock: true, ..import(&open, 0, &["c"]) };
        assert_eq!(refusal(world.run(full)), Some(ErrCode::TotalQuantityReached));
    }
}
