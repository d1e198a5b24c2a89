//! How much memory a process had at most, as Linux tells it. Elsewhere nothing is known, and nothing is reported.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

/// How often the memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A line of `/proc/PID/status` in bytes; this process for `None`.
fn status(pid: Option<u32>, name: &str) -> Option<u64> {
    let pid = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let text = std::fs::read_to_string(PathBuf::from("/proc").join(pid).join("status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The most a process ever had in memory, pages of mapped files included.
pub fn peak(pid: Option<u32>) -> Option<u64> {
    status(pid, "VmHWM")
}

/// Lets the peak of this process begin anew, where the system allows it.
pub fn forget_peak() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// Looks at the memory of this process that is no mapped file, until it is told to stop.
pub struct Watch<'scope> {
    thread: ScopedJoinHandle<'scope, u64>,
    stop: &'scope AtomicBool,
}

impl<'scope> Watch<'scope> {
    /// Starts looking; `stop` must be false.
    pub fn start(scope: &'scope Scope<'scope, '_>, stop: &'scope AtomicBool) -> Watch<'scope> {
        let thread = scope.spawn(|| {
            let most = AtomicU64::new(0);
            while !stop.load(Ordering::Relaxed) {
                most.fetch_max(status(None, "RssAnon").unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(LOOK_EVERY);
            }
            most.into_inner()
        });
        Watch { thread, stop }
    }

    /// Stops looking. The most that was seen.
    pub fn stop(self) -> Option<u64> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().ok().filter(|most| *most > 0)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory() {
        assert!(peak(None).unwrap() > 1 << 16);
        let stop = AtomicBool::new(false);
        let most = std::thread::scope(|scope| {
            let watch = Watch::start(scope, &stop);
            std::thread::sleep(LOOK_EVERY * 3);
            watch.stop()
        });
        assert!(most.unwrap() > 1 << 16);
    }
}
