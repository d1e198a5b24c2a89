//! The cards that the writer has loaded. They are never stale: while this process has the lock on the folder, no
//! other process changes cards. A failed commit clears the cache.

use kaquan_core::card::Card;
use kaquan_core::id::{AppId, CardId, CardNo};
use quick_cache::unsync::Cache;

/// The largest number of cards in the cache.
const CAPACITY: usize = 4_096;

/// Cards by number, and the numbers of cards by id.
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
