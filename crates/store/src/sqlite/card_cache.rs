//! The cards the writer has seen, as they are stored. They cannot be stale: no other process changes cards while this one
//! holds the lock on the folder, and a failed commit clears the cache.

use kaquan_core::card::Card;
use kaquan_core::id::{AppId, CardId, CardNo};
use quick_cache::unsync::Cache;

/// Cards in the cache.
const CAPACITY: usize = 4_096;

/// Cards by number, and their numbers by id.
#[derive(Debug)]
pub(super) struct CardCache {
    cards: Cache<(AppId, CardNo), Card>,
    numbers: Cache<(AppId, CardId), CardNo>,
}

impl Default for CardCache {
    fn default() -> CardCache {
        CardCache { cards: Cache::new(CAPACITY), numbers: Cache::new(CAPACITY) }
    }
}

impl CardCache {
    pub fn by_no(&self, app: AppId, no: CardNo) -> Option<&Card> {
        self.cards.get(&(app, no))
    }

    pub fn by_id(&self, app: AppId, id: &CardId) -> Option<&Card> {
        let no = self.numbers.get(&(app, id.clone()))?;
        self.by_no(app, *no)
    }

    pub fn insert(&mut self, app: AppId, card: &Card) {
        self.numbers.insert((app, card.id.clone()), card.no);
        self.cards.insert((app, card.no), card.clone());
    }

    pub fn clear(&mut self) {
        self.cards.clear();
        self.numbers.clear();
    }
}
