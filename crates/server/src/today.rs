//! Today's exact figures of an app, updated live. Each request reads the log from the end of the last read. An app
//! whose figures are not requested costs nothing.

use crate::store_access::StoreAccess;
use kaquan_core::card::CardType;
use kaquan_core::error::Result;
use kaquan_core::id::{AppId, CardNo, EventSeq};
use kaquan_core::stats::{Counts, Today};
use kaquan_core::time::{Day, Timestamp};
use kaquan_ledger::Clock;
use kaquan_store::Store;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Seconds after the last request until the figures of an app are dropped.
const FORGET_SECS: i64 = 300;

/// Today's figures of every app with recent requests.
pub struct TodayFigures {
    store: StoreAccess,
    clock: Arc<dyn Clock>,
    progress: Mutex<HashMap<AppId, Arc<Mutex<Progress>>>>,
}

/// How far today's log of an app was read, and the counts so far.
#[derive(Debug)]
struct Progress {
    day: Day,
    /// The first event that is not read yet; `None` before the first request.
    next: Option<EventSeq>,
    today: Today,
    member_cards: HashSet<CardNo>,
    asked_at: Timestamp,
}

/// The figures at the time of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    pub day: Day,
    /// The counts over all cards.
    pub counts: Counts,
    /// The counts of each card with events today, without distinct holders.
    pub cards: Vec<(CardNo, Counts)>,
}

impl TodayFigures {
    pub fn new(store: StoreAccess, clock: Arc<dyn Clock>) -> TodayFigures {
        TodayFigures { store, clock, progress: Mutex::default() }
    }

    /// Today's figures of an app.
    ///
    /// # Errors
    ///
    /// The errors of the store; -1 if too much work of the app is waiting.
    pub async fn figures(&self, app: AppId) -> Result<Figures> {
        let now = self.clock.now();
        let current = self.current(app, now);
        let read = move |store: &dyn Store| -> Result<Figures> {
            let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
            current.catch_up(store, app, now)?;
            let cards = current.today.cards().collect();
            Ok(Figures { day: current.day, counts: current.today.counts(), cards })
        };
        self.store.expensive(app, read).await
    }

    fn current(&self, app: AppId, now: Timestamp) -> Arc<Mutex<Progress>> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        // Locked figures are in use, so they are kept.
        progress.retain(|of, current| {
            *of == app || current.try_lock().map_or(true, |r| now.0 - r.asked_at.0 < FORGET_SECS)
        });
        progress.entry(app).or_insert_with(|| Arc::new(Mutex::new(Progress::of(now)))).clone()
    }
}

impl Progress {
    fn of(now: Timestamp) -> Progress {
        Progress {
            day: now.day(),
            next: None,
            today: Today::default(),
            member_cards: HashSet::new(),
            asked_at: now,
        }
    }

    fn catch_up(&mut self, store: &dyn Store, app: AppId, now: Timestamp) -> Result<()> {
        if self.day != now.day() {
            *self = Progress::of(now);
        }
        self.asked_at = now;
        let log = store.event_days(app)?.into_iter().find(|log| log.day == self.day);
        let end = log.as_ref().map_or(EventSeq(0), |log| EventSeq(log.last.0 + 1));
        if self.next.is_some_and(|next| next > end) {
            // The log lost events that were counted.
            *self = Progress::of(now);
        }
        let Some(log) = log else { return Ok(()) };
        let next = self.next.unwrap_or(log.first);
        if next > log.last {
            return Ok(());
        }
        // Before the events, so that every card of an event is found.
        self.member_cards = store.cards_of_type(app, CardType::MemberCard)?.into_iter().collect();
        let (today, member_cards) = (&mut self.today, &self.member_cards);
        store.scan_events(app, self.day, next, log.last, &mut |event| {
            today.add(event.kind, event.card, member_cards.contains(&event.card), event.openid);
        })?;
        self.next = Some(EventSeq(log.last.0 + 1));
        Ok(())
    }
}
