//! The lists of cards that `card/batchget` pages through, kept between two pages. A list that another change made old is
//! read again; see `CardList`. The lists of the process have a bounded number of cards.

use kaquan_core::card::CardStatus;
use kaquan_core::error::Result;
use kaquan_core::id::{AppId, CardId};
use kaquan_store::{CardList, Store};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Cards in all lists together; each takes 16 bytes. A single list may have more.
const CARDS_MAX: usize = 1_000_000;

/// The lists of the apps that paged last.
#[derive(Debug, Default)]
pub struct CardLists(Mutex<VecDeque<(AppId, Arc<CardList>)>>);

impl CardLists {
    /// A page of the ids of an app's cards, in the order of creation, and how many cards there are; see
    /// [`CardList::page`]. The call may block.
    ///
    /// # Errors
    ///
    /// -1 when the store fails.
    pub fn page(
        &self,
        store: &dyn Store,
        app: AppId,
        statuses: Option<&[CardStatus]>,
        offset: u64,
        count: u64,
    ) -> Result<(Vec<CardId>, u64)> {
        let list = store.card_list(app, self.known(app))?;
        self.keep(app, &list);
        let (cards, total) = list.page(statuses, offset, count);
        Ok((store.card_ids(app, &cards)?, total))
    }

    fn known(&self, app: AppId) -> Option<Arc<CardList>> {
        self.lists().iter().find(|(of, _)| *of == app).map(|(_, list)| list.clone())
    }

    /// The list that was used last is the first.
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
