//! A cache of the card lists that `card/batchget` pages through. If a change made a list old, the list is read again;
//! see `CardList`. All lists of the process together have a limited number of cards.

use kaquan_core::card::CardStatus;
use kaquan_core::error::Result;
use kaquan_core::id::{AppId, CardId};
use kaquan_store::{CardList, Store};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Cards in all lists together; each card needs 16 bytes. A single list may have more.
const CARDS_MAX: usize = 1_000_000;

/// The lists, the last used first.
#[derive(Debug, Default)]
pub struct CardLists(Mutex<VecDeque<(AppId, Arc<CardList>)>>);

impl CardLists {
    /// A page of the ids of an app's cards, in the order of creation, and the number of all cards; see
    /// [`CardList::page`]. The call may block.
    ///
    /// # Errors
    ///
    /// -1 if the store fails.
    pub fn page(
        &self,
        store: &dyn Store,
        app: AppId,
        statuses: Option<&[CardStatus]>,
        offset: u64,
        count: u64,
    ) -> Result<(Vec<CardId>, u64)> {
        let list = store.card_list(app, self.cached(app))?;
        self.keep(app, &list);
        let (cards, total) = list.page(statuses, offset, count);
        Ok((store.card_ids(app, &cards)?, total))
    }

    fn cached(&self, app: AppId) -> Option<Arc<CardList>> {
        self.lists().iter().find(|(of, _)| *of == app).map(|(_, list)| list.clone())
    }

    /// Puts a list first, and drops the lists that no longer fit.
    fn keep(&self, app: AppId, list: &Arc<CardList>) {
        let mut lists = self.lists();
        lists.retain(|(of, _)| *of != app);
        lists.push_front((app, list.clone()));
        while lists.len() > 1 && lists.iter().map(|(_, list)| list.len()).sum::<usize>() > CARDS_MAX {
            lists.pop_back();
        }
    }

    fn lists(&self) -> MutexGuard<'_, VecDeque<(AppId, Arc<CardList>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
