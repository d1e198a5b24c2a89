//! The list of an app's cards, through which `card/batchget` pages: numbers and statuses in the order of creation. A
//! caller reads a long list once and caches it. A record has the version of the list, which shows whether the cached
//! list is current.

use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::{read_card_id, read_card_status};
use crate::sql::{args, statements};
use kaquan_core::card::CardStatus;
use kaquan_core::engine::{Change, RecordKind, WorkingSet};
use kaquan_core::id::{AppId, CardId, CardNo};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a cached list is used at most. Nodes with an older kaquan may share the database, and they change the
/// list without a new version of it.
const AGE_MAX: Duration = Duration::from_secs(60);

statements! {
    CARD_LIST_VERSION = ["SELECT body FROM records WHERE app_id = $1 AND kind = $2 AND no = 0 AND name = ''"];
    // Without ORDER BY, SQLite reads only the index of the list and not the documents.
    CARD_LIST = ["SELECT card_no, status FROM cards WHERE app_id = $1"];
    CARD_IDS = ["SELECT card_no, card_id FROM cards WHERE app_id = $1 AND card_no", (any "$2")];
}

/// All cards of an app with their statuses, including deleted ones, in the order of creation.
#[derive(Debug)]
pub struct CardList {
    /// `None` if no card was changed since the store writes versions.
    version: Option<String>,
    read_at: Instant,
    cards: Vec<(CardNo, CardStatus)>,
}

impl CardList {
    /// The number of cards.
    pub fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether it has no card.
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// The cards with one of these statuses, from `offset` on, at most `count`; and the number of all such cards.
    /// `None` means all statuses except deleted.
    pub fn page(&self, statuses: Option<&[CardStatus]>, offset: u64, count: u64) -> (Vec<CardNo>, u64) {
        let statuses = statuses.unwrap_or(CardStatus::BUT_DELETED);
        let found = || self.cards.iter().filter(|(_, status)| statuses.contains(status)).map(|(no, _)| *no);
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let page = found().skip(number(offset)).take(number(count)).collect();
        (page, found().count() as u64)
    }
}

impl dyn Store + '_ {
    /// The list of the app's cards. Returns `known` if it is current.
    pub fn card_list(&self, app: AppId, known: Option<Arc<CardList>>) -> Result<Arc<CardList>> {
        let known = known.filter(|list| list.read_at.elapsed() < AGE_MAX);
        let kind = RecordKind::CardList.number();
        self.snapshot(|sql| {
            let read_at = Instant::now();
            let version =
                sql.first(CARD_LIST_VERSION, args![app.0, kind], |row| Ok(row.text(0)?.to_owned()))?;
            if let Some(known) = known.as_ref().filter(|list| list.version == version) {
                return Ok(known.clone());
            }
            let mut cards = sql.all(CARD_LIST, args![app.0], |row| read_card_status(row))?;
            cards.sort_unstable_by_key(|(no, _)| *no);
            Ok(Arc::new(CardList { version, read_at, cards }))
        })
    }

    /// The ids of these cards, in the same order. Numbers without a card are left out.
    pub fn card_ids(&self, app: AppId, cards: &[CardNo]) -> Result<Vec<CardId>> {
        let numbers: Vec<i64> = cards.iter().map(|no| no.0).collect();
        let read = |row: &dyn crate::row::Row| Ok((row.int(0)?, read_card_id(row, 1)?));
        let found = self.read(|sql| sql.all(CARD_IDS, args![app.0, &numbers], read))?;
        let mut found: HashMap<i64, CardId> = found.into_iter().collect();
        Ok(numbers.iter().filter_map(|no| found.remove(no)).collect())
    }
}

/// A new version of the list if the set changes the list, otherwise `None`. The list changes with a new card or a new
/// status; `last` returns a card's old status. Versions are random, so that a restored store never repeats one.
///
/// # Errors
/// The system returns no random bytes.
pub(crate) fn new_version(
    set: &WorkingSet,
    last: impl Fn(CardNo) -> Option<CardStatus>,
) -> Result<Option<String>> {
    let changes = set
        .cards
        .changed()
        .any(|(no, card, change)| change == Change::Inserted || last(*no) != Some(card.status));
    let random = || getrandom::u64().map_err(|error| StoreError::Damaged(format!("random numbers {error}")));
    Ok(changes.then(random).transpose()?.map(|number| number.to_string()))
}
