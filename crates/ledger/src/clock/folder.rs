//! The time of a server on a data folder. There is no second clock to ask. So the server compares the clock with the
//! time since the machine started, which nothing can set.
//!
//! * **While the server runs**, a jump of the clock by more than a minute is not accepted at once. The clock must
//!   keep the new time for ten minutes. Until then, rules get the last accepted time plus the elapsed time.
//! * **If the server restarts and the machine did not**, the same holds: the folder has a note with the last accepted
//!   time.
//! * **At the first start after a boot** there is nothing to compare with. The machine may really have been off for
//!   forty days, so the clock is accepted with a warning. But for ten minutes, days are closed and codes expire only
//!   up to the last commit plus the elapsed time.
//! * **Time never goes back**: until the clock has reached the last commit, rules get the time of that commit.

use super::Clock;
use super::notice::{Line, Notice, describe};
use kaquan_core::error::Result;
use kaquan_core::time::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A jump of the clock up to this many milliseconds is accepted at once.
const STEP_MAX: i64 = 60_000;
/// How long the clock must keep the time it jumped to before that time is accepted.
const CONFIRM_AFTER: Duration = Duration::from_secs(600);
/// After a boot: if the last commit is older than this many milliseconds, the server waits before it closes days.
const GAP_MAX: i64 = 3_600_000;

/// The clock of a server on a data folder.
pub(super) struct FolderClock {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    /// The last accepted time in milliseconds, and when it was accepted, by [`Clock::elapsed`].
    believed: (i64, Duration),
    /// The latest time that this clock returned, in milliseconds.
    latest: i64,
    /// A jump that is not accepted yet: its size in milliseconds, and since when the clock shows the new time.
    jump: Option<(i64, Duration)>,
    /// While no day after the last commit may be closed: the last commit in milliseconds, and when this process
    /// started.
    hold: Option<(i64, Duration)>,
    notice: Notice,
}

impl FolderClock {
    /// The clock of a folder. `last_commit` is the time of its last commit; `note` comes from [`FolderClock::note`].
    pub fn new(clock: Arc<dyn Clock>, last_commit: Option<Timestamp>, note: Option<&str>) -> FolderClock {
        let (wall, elapsed) = (clock.millis(), clock.elapsed());
        let witness = note.zip(clock.boot()).and_then(|(note, boot)| read_note(note, &boot, elapsed));
        let last_commit = last_commit.map(|at| at.0.saturating_mul(1000));
        let gap = wall.saturating_sub(last_commit.unwrap_or(wall));
        let unsure = witness.is_none() && gap > GAP_MAX && !clock.is_made_up();
        if unsure {
            tracing::warn!(
                hours = gap / 3_600_000,
                "nothing was committed for {}: days after the last commit are closed in ten minutes. If the clock of \
                 this machine is wrong, stop the server now and set it right",
                describe(gap).trim_end_matches(" ahead of")
            );
        }
        let state = State {
            believed: witness.unwrap_or((wall, elapsed)),
            latest: last_commit.unwrap_or(i64::MIN),
            jump: None,
            hold: last_commit.filter(|_| unsure).map(|at| (at, elapsed)),
            notice: Notice::default(),
        };
        let clock = FolderClock { clock, state: Mutex::new(state) };
        clock.millis();
        clock
    }

    /// Milliseconds by which this machine's clock is ahead of the time that rules get.
    pub fn offset(&self) -> i64 {
        self.observe(|wall, now, _| wall - now)
    }

    /// The note for the next start; `None` while the clock's time is not accepted.
    pub fn note(&self) -> Option<String> {
        let boot = self.clock.boot()?;
        self.observe(|wall, _, state| {
            let elapsed = state.believed.1.as_millis();
            state.jump.is_none().then(|| format!("{boot} {elapsed} {wall}\n"))
        })
    }

    /// Reads the clock. Calls `answer` with the clock's time, the time that rules get, and the state.
    fn observe<T>(&self, answer: impl FnOnce(i64, i64, &State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // The clock is read under the lock, so that two threads use their readings in order.
        let (wall, elapsed) = (self.clock.millis(), self.clock.elapsed());
        let now = state.observe(wall, elapsed);
        answer(wall, now, &state)
    }
}

impl State {
    fn observe(&mut self, wall: i64, elapsed: Duration) -> i64 {
        let expected = self.believed.0.saturating_add(millis(elapsed.saturating_sub(self.believed.1)));
        let jump = wall.saturating_sub(expected);
        let is_there = |(to, _): &(i64, Duration)| jump.saturating_sub(*to).saturating_abs() <= STEP_MAX;
        let mut now = wall;
        if jump.saturating_abs() <= STEP_MAX {
            (self.believed, self.jump) = ((wall, elapsed), None);
        } else if let Some((_, since)) = self.jump.filter(is_there) {
            if elapsed.saturating_sub(since) >= CONFIRM_AFTER {
                tracing::warn!("clock accepted: it has stayed for ten minutes where it jumped to");
                (self.believed, self.jump) = ((wall, elapsed), None);
            } else {
                now = expected;
            }
        } else {
            self.jump = Some((jump, elapsed));
            now = expected;
        }
        self.latest = self.latest.max(now);
        self.report(wall, elapsed);
        self.latest
    }

    fn report(&mut self, wall: i64, elapsed: Duration) {
        let offset = wall.saturating_sub(self.latest);
        let trouble = self.jump.is_some() || offset < -STEP_MAX;
        let (offset_secs, rules_time) = (offset as f64 / 1000.0, Timestamp(self.latest.div_euclid(1000)));
        match self.notice.line(trouble, elapsed) {
            Some(Line::Trouble) if self.jump.is_some() => tracing::error!(
                offset_secs,
                %rules_time,
                "clock not accepted: it jumped and is {} the time that has passed. Rules go on from the last accepted \
                 time; if the clock stays there for ten minutes, it is accepted",
                describe(offset)
            ),
            Some(Line::Trouble) => tracing::error!(
                offset_secs,
                %rules_time,
                "clock is {} the last commit: the time of rules does not advance until the clock reaches it. Set the \
                 clock right. If it is right and was wrong before, stop the server and run kaquan doctor",
                describe(offset)
            ),
            Some(Line::Resolved) => tracing::info!("clock is accepted again"),
            None => {}
        }
    }
}

impl Clock for FolderClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.millis().div_euclid(1000))
    }

    fn millis(&self) -> i64 {
        self.observe(|_, now, _| now)
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    fn for_closing(&self) -> Result<Timestamp> {
        let elapsed = self.clock.elapsed();
        Ok(self.observe(|_, now, state| {
            let held = state.hold.and_then(|(last_commit, start)| {
                let passed = elapsed.saturating_sub(start);
                (passed < CONFIRM_AFTER).then(|| last_commit.saturating_add(millis(passed)))
            });
            Timestamp(held.map_or(now, |held| held.min(now)).div_euclid(1000))
        }))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The accepted time in a note and when it was accepted. `None` if the machine was booted since.
fn read_note(note: &str, boot: &str, elapsed: Duration) -> Option<(i64, Duration)> {
    // A note without a line end was cut off while it was written.
    let mut words = note.strip_suffix('\n')?.split(' ');
    let (of, at, wall) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let at = Duration::from_millis(at);
    (of == boot && at <= elapsed).then_some((wall, at))
}

#[cfg(test)]
mod tests {
    use super::super::TestClock;
    use super::*;
    use kaquan_core::time::DAY_SECS;

    const NOON: Timestamp = Timestamp(1_795_399_200);

    fn folder() -> (Arc<TestClock>, FolderClock) {
        let own = Arc::new(TestClock::at(NOON));
        let clock = FolderClock::new(own.clone(), Some(NOON.plus(-60)), None);
        (own, clock)
    }

    #[test]
    fn elapsed_time_is_believed_after_any_pause() {
        let (own, clock) = folder();
        for secs in [1, 3600, 40 * DAY_SECS] {
            own.advance(secs);
            assert_eq!((clock.now(), clock.offset()), (own.now(), 0));
        }
    }

    #[test]
    fn a_jump_ahead_for_eight_seconds_moves_no_time() {
        for jump in [61, 26 * 3600, 40 * DAY_SECS, -61, -3600, -40 * DAY_SECS] {
            let (own, clock) = folder();
            own.jump(jump);
            for secs in 1..=8 {
                own.advance(1);
                assert_eq!(clock.for_closing(), Ok(NOON.plus(secs)), "{jump}");
                assert_eq!(clock.for_batch(), Ok(NOON.plus(secs)), "{jump}");
            }
            assert_eq!(clock.offset(), jump * 1000);
            own.jump(-jump);
            own.advance(1);
            assert_eq!((clock.now(), clock.offset()), (NOON.plus(9), 0));
        }
    }

    #[test]
    fn a_jump_is_believed_after_ten_minutes_in_one_place() {
        let (own, clock) = folder();
        own.jump(7200);
        clock.now();
        own.advance(599);
        assert_eq!(clock.now(), NOON.plus(599));
        own.advance(1);
        assert_eq!(clock.now(), NOON.plus(7200 + 600));
    }

    #[test]
    fn a_clock_that_jumps_on_and_on_is_not_believed() {
        let (own, clock) = folder();
        for n in 1..=20 {
            own.jump(7200);
            own.advance(300);
            assert_eq!(clock.now(), NOON.plus(n * 300));
        }
    }

    #[test]
    fn small_steps_are_believed_and_a_step_back_stops_time() {
        let (own, clock) = folder();
        own.jump(50);
        assert_eq!(clock.now(), NOON.plus(50));
        own.jump(-40);
        assert_eq!(clock.now(), NOON.plus(50));
        own.advance(41);
        assert_eq!(clock.now(), NOON.plus(51));
    }

    #[test]
    fn time_stands_still_at_the_last_commit_until_the_clock_gets_there() {
        let own = Arc::new(TestClock::at(NOON));
        let clock = FolderClock::new(own.clone(), Some(NOON.plus(3600)), None);
        for (pass, expected) in [(0, 3600), (1800, 3600), (1801, 3601)] {
            own.advance(pass);
            assert_eq!(clock.for_batch(), Ok(NOON.plus(expected)));
        }
        // A clock that was set back is accepted after ten minutes. Time does not go back then either.
        let before = clock.now();
        own.jump(-3600);
        for _ in 0..12 {
            own.advance(60);
            assert!(clock.now() >= before);
        }
    }

    #[test]
    fn a_start_with_a_wrong_clock_is_noticed_by_the_note_of_the_last_run() {
        let (own, clock) = folder();
        let note = clock.note().unwrap();
        own.advance(100);
        own.jump(40 * DAY_SECS);
        let again = FolderClock::new(own.clone(), Some(NOON), Some(&note));
        assert_eq!(again.for_closing(), Ok(NOON.plus(100)));
        assert_eq!(again.note(), None, "what is not believed is not noted");
        own.advance(600);
        assert_eq!(again.for_closing(), Ok(own.now()));
        assert!(again.note().is_some());
    }

    /// The clock after a boot of the machine: the note in the folder cannot be used.
    struct AfterBoot(TestClock);

    impl Clock for AfterBoot {
        fn now(&self) -> Timestamp {
            self.0.now()
        }

        fn elapsed(&self) -> Duration {
            self.0.elapsed()
        }

        fn boot(&self) -> Option<String> {
            Some("another".to_owned())
        }
    }

    #[test]
    fn the_first_start_of_a_machine_closes_nothing_new_for_ten_minutes() {
        let (_, clock) = folder();
        let note = clock.note().unwrap();
        let own = Arc::new(AfterBoot(TestClock::at(NOON.plus(40 * DAY_SECS))));
        let again = FolderClock::new(own.clone(), Some(NOON), Some(&note));
        assert_eq!(again.for_batch(), Ok(own.now()), "the machine may have been off");
        own.0.advance(8);
        assert_eq!(again.for_closing(), Ok(NOON.plus(8)));
        own.0.advance(592);
        assert_eq!(again.for_closing(), Ok(own.now()));
    }

    #[test]
    fn a_start_soon_after_the_last_commit_closes_days_at_once() {
        let own = Arc::new(AfterBoot(TestClock::at(NOON)));
        for last_commit in [None, Some(NOON.plus(-3600)), Some(NOON.plus(10))] {
            let clock = FolderClock::new(own.clone(), last_commit, None);
            assert_eq!(clock.for_closing(), Ok(clock.now()));
        }
    }

    #[test]
    fn a_note_that_cannot_be_read_is_no_witness() {
        for note in ["", "b\n", "b 5 x\n", "x 1 2\n", "b 1000 7", "\0"] {
            assert_eq!(read_note(note, "b", Duration::from_secs(9)), None, "{note:?}");
        }
        assert_eq!(read_note("b 1000 7\n", "b", Duration::ZERO), None, "from the future of this start");
        assert_eq!(read_note("b 1000 7\n", "b", Duration::from_secs(1)), Some((7, Duration::from_secs(1))));
    }
}
