//! Memory and CPU time of a process, as Linux reports them in `/proc`. On other systems the results are `None` or `false`.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

/// The pause between two samples of the memory.
const SAMPLE_EVERY: Duration = Duration::from_millis(5);

/// The value of a line of `/proc/PID/status`, converted from kB to bytes. `None` as pid means this process.
fn status(pid: Option<u32>, name: &str) -> Option<u64> {
    let pid = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let text = std::fs::read_to_string(PathBuf::from("/proc").join(pid).join("status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The peak memory of a process, including the pages of mapped files.
pub fn peak(pid: Option<u32>) -> Option<u64> {
    status(pid, "VmHWM")
}

/// Resets the peak memory of this process, if the system allows it.
pub fn reset_peak() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// CPU seconds used so far by the running threads of a process. Threads that have ended do not count.
pub fn cpu_secs(pid: u32) -> Option<f64> {
    let mut nanos = 0;
    for task in std::fs::read_dir(PathBuf::from("/proc").join(pid.to_string()).join("task")).ok()? {
        // A thread that ends during this loop is left out.
        let text = task.ok().and_then(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
        nanos += text.and_then(|text| text.split(' ').next()?.parse::<u64>().ok()).unwrap_or(0);
    }
    Some(nanos as f64 / 1e9)
}

/// Samples the anonymous memory of this process until [`MemorySampler::stop`].
pub struct MemorySampler<'scope> {
    thread: ScopedJoinHandle<'scope, u64>,
    stop: &'scope AtomicBool,
}

impl<'scope> MemorySampler<'scope> {
    /// Starts sampling. `stop` must be false: sampling ends when it is true.
    pub fn start(scope: &'scope Scope<'scope, '_>, stop: &'scope AtomicBool) -> MemorySampler<'scope> {
        let thread = scope.spawn(|| {
            let most = AtomicU64::new(0);
            while !stop.load(Ordering::Relaxed) {
                most.fetch_max(status(None, "RssAnon").unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(SAMPLE_EVERY);
            }
            most.into_inner()
        });
        MemorySampler { thread, stop }
    }

    /// Stops sampling and returns the largest sample.
    pub fn stop(self) -> Option<u64> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().ok().filter(|most| *most > 0)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_and_cpu_time_of_this_process_are_measured() {
        assert!(cpu_secs(std::process::id()).unwrap() > 0.0);
        assert!(peak(None).unwrap() > 1 << 16);
        let stop = AtomicBool::new(false);
        let most = std::thread::scope(|scope| {
            let watch = MemorySampler::start(scope, &stop);
            std::thread::sleep(SAMPLE_EVERY * 3);
            watch.stop()
        });
        assert!(most.unwrap() > 1 << 16);
    }
}
