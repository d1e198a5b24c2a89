//! Waiting for event push. A delivery is saved in the background. Push reads the clock after each save, so a test
//! checks the store after each reading of the server's clock.

use super::{TestServer, Value, json};
use kaquan_core::id::EventSeq;
use kaquan_server::AppHandle;
use kaquan_server::push::event_view;
use kaquan_server::push::search::{PushState, ResolvedQuery, Search};
use std::time::{Duration, Instant};

/// How long a test waits before it fails.
const PATIENCE: Duration = Duration::from_secs(30);

impl TestServer {
    /// Waits until every event is delivered, dead-lettered, or waits for a later try.
    pub fn wait_for_push(&self) {
        self.wait_until("waiting", 0);
    }

    /// Waits until this many events have this state of delivery.
    pub fn wait_until(&self, delivery: &str, count: usize) {
        let state = PushState::from_name(delivery).expect("a state of delivery");
        self.look_until(|search| {
            let query = ResolvedQuery { state: Some(state), count: 100, ..ResolvedQuery::default() };
            let (found, _) = search.list(&query).expect("the store answers");
            let shown: Vec<Value> = found.iter().map(|found| json!(event_view::found(found))).collect();
            if found.len() == count { Ok(()) } else { Err(format!("not {count} are {delivery}: {shown:?}")) }
        });
    }

    /// Waits until an event matches `wanted`, and returns it.
    pub fn wait_for_event(&self, event_id: i64, wanted: impl Fn(&Value) -> bool) -> Value {
        self.look_until(|search| {
            let recent = self.inner().push.recent(self.app.id);
            let detail = search.one(EventSeq(event_id), recent).expect("the store answers");
            let event = json!(event_view::detail(detail.expect("the event exists")));
            if wanted(&event) { Ok(event) } else { Err(format!("not as wanted: {event}")) }
        })
    }

    /// Checks the first app's events until `look` succeeds. Before that, `look` returns what it found instead.
    fn look_until<T>(&self, look: impl Fn(&Search<'_>) -> Result<T, String>) -> T {
        let apps = self.store.apps().expect("the store answers");
        let row = apps.into_iter().find(|row| row.app.id == self.app.id).expect("the app exists");
        let app = AppHandle::new(row).expect("its key is usable");
        let deadline = Instant::now() + PATIENCE;
        loop {
            // The count is read before the look, which reads no clock. So a change during the look causes another
            // look.
            let readings = self.clock.readings();
            let search = Search::new(&*self.store, &app).expect("the store answers");
            match look(&search) {
                Ok(found) => return found,
                Err(seen) => assert!(self.clock.wait_for_reading(readings, deadline), "{seen}"),
            }
        }
    }
}
