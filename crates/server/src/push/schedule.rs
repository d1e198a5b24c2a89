//! When a failed delivery is retried. This is by hand because the delay must depend on the event and the try alone: it
//! is the same after a restart and on another node.

use kaquan_core::id::EventSeq;
use kaquan_store::PushPolicy;

/// Tries WeChat makes, one right after the other.
const WECHAT_TRIES: u32 = 3;
/// Seconds between the tries of the durable policy; they add up to about a day.
const DURABLE_SECS: &[i64] = &[5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 36_000];
/// The share of a delay, in hundredths, that differs from event to event, so that what failed together is not tried
/// together.
const JITTER: i64 = 20;

/// Seconds until the next try after `tries` that failed; `None` when it was the last.
pub fn delay_secs(policy: PushPolicy, event: EventSeq, tries: u32) -> Option<i64> {
    match policy {
        PushPolicy::Wechat => (tries < WECHAT_TRIES).then_some(0),
        PushPolicy::Durable => {
            let delay = *DURABLE_SECS.get(usize::try_from(tries.checked_sub(1)?).ok()?)?;
            Some(delay + delay * jitter(event, tries) / 100)
        }
    }
}

/// 0 to [`JITTER`], the same for the same event and try.
fn jitter(event: EventSeq, tries: u32) -> i64 {
    // Neighbouring numbers need very different results; multiplying by a large odd number does that.
    let mixed = event.0.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64).wrapping_add(i64::from(tries) * 7919);
    mixed.rotate_left(17).rem_euclid(JITTER + 1)
}

/// Seconds between two probes of a receiver that is down, after so many that failed.
pub fn probe_secs(probes: u32) -> i64 {
    1 << probes.min(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wechat_tries_three_times_and_at_once() {
        let delays = [1, 2, 3].map(|tries| delay_secs(PushPolicy::Wechat, EventSeq(1), tries));
        assert_eq!(delays, [Some(0), Some(0), None]);
    }

    #[test]
    fn durable_tries_go_on_for_a_day_further_and_further_apart() {
        for event in [1, 2, 3_000_000_000].map(EventSeq) {
            let delays: Vec<i64> =
                (1..).map_while(|tries| delay_secs(PushPolicy::Durable, event, tries)).collect();
            assert!(delays.windows(2).all(|pair| pair[0] < pair[1]), "{delays:?}");
            let total: i64 = delays.iter().sum();
            assert!((23 * 3600..=29 * 3600).contains(&total), "{total}");
        }
    }

    #[test]
    fn what_failed_together_is_not_tried_together() {
        let of_tenth = |event| delay_secs(PushPolicy::Durable, EventSeq(event), 10);
        let different: std::collections::BTreeSet<_> = (0..100).map(of_tenth).collect();
        assert!(different.len() > 10, "{different:?}");
    }

    #[test]
    fn a_receiver_that_is_down_is_asked_twice_a_minute_at_last() {
        assert_eq!([0, 1, 5, 1000].map(probe_secs), [1, 2, 32, 32]);
    }
}
