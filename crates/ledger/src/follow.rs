//! Wakes the readers of an app's log after a commit added events, so that event push and live streams need not poll.
//! The readers then load the new events from the store.

use kaquan_core::id::{AppId, EventSeq};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// The end of each log that has subscribers.
#[derive(Debug, Default)]
pub(crate) struct Followers(Mutex<HashMap<AppId, watch::Sender<EventSeq>>>);

impl Followers {
    /// A receiver that changes with every commit that adds to the app's log. Its value is the number of the next event,
    /// or 0 before the first such commit. It is closed when the log went back: the reader has to find its place again.
    pub fn follow(&self, app: AppId) -> watch::Receiver<EventSeq> {
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Drops the logs that have no subscribers.
        ends.retain(|_, end| !end.is_closed());
        ends.entry(app).or_insert_with(|| watch::Sender::new(EventSeq(0))).subscribe()
    }

    /// Wakes the subscribers after a commit of this node or of another one.
    pub fn notify(&self, app: AppId, next: EventSeq) {
        let ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(end) = ends.get(&app) {
            end.send_if_modified(|known| std::mem::replace(known, next.max(*known)) < next);
        }
    }

    /// Closes the receivers of a log that lost events.
    pub fn went_back(&self, app: AppId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&app);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscribers_of_an_app_are_woken_by_its_commits_only() {
        let followers = Followers::default();
        let (mut first, mut again) = (followers.follow(AppId(1)), followers.follow(AppId(1)));
        followers.notify(AppId(2), EventSeq(9));
        assert!(!first.has_changed().unwrap());
        followers.notify(AppId(1), EventSeq(5));
        assert_eq!((*first.borrow_and_update(), *again.borrow_and_update()), (EventSeq(5), EventSeq(5)));
        drop((first, again));
        followers.notify(AppId(1), EventSeq(6));
        assert_eq!(*followers.follow(AppId(1)).borrow(), EventSeq(0), "starts again at 0");
    }

    #[test]
    fn a_log_that_went_back_wakes_its_readers_from_where_it_is() {
        let followers = Followers::default();
        let (mut before, other) = (followers.follow(AppId(1)), followers.follow(AppId(2)));
        followers.notify(AppId(1), EventSeq(100));
        assert_eq!(*before.borrow_and_update(), EventSeq(100));
        followers.went_back(AppId(1));
        assert!(before.has_changed().is_err() && other.has_changed().is_ok());
        let after = followers.follow(AppId(1));
        followers.notify(AppId(1), EventSeq(91));
        assert!(after.has_changed().unwrap());
    }
}
