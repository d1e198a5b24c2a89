//! When a failed delivery is retried. No library is used, because the delay must depend only on the event and the
//! number of the try. It is then the same after a restart and on another node.

use kaquan_core::id::EventSeq;
use kaquan_store::PushPolicy;

/// WeChat's number of tries, one directly after the other.
const WECHAT_TRIES: u32 = 3;
/// Seconds between the tries of the durable policy. Together they are about a day.
const DURABLE_SECS: &[i64] = &[5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 36_000];
/// The largest random part of a delay, in percent. It differs from event to event, so that events that failed
/// together are not retried together.
const JITTER: i64 = 20;

/// Seconds until the next try after `tries` failed ones; `None` after the last one.
pub fn delay_secs(policy: PushPolicy, event: EventSeq, tries: u32) -> Option<i64> {
    match policy {
        PushPolicy::Wechat => (tries < WECHAT_TRIES).then_some(0),
        PushPolicy::Durable => {
            let delay = *DURABLE_SECS.get(usize::try_from(tries.checked_sub(1)?).ok()?)?;
            Some(delay + delay * jitter(event, tries) / 100)
        }
    }
}

/// A number from 0 to [`JITTER`]. It is always the same for one event and try.
fn jitter(event: EventSeq, tries: u32) -> i64 {
    // Neighbouring numbers need very different results. Multiplying by a large odd number achieves this.
    let mixed = event.0.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64).wrapping_add(i64::from(tries) * 7919);
    mixed.rotate_left(17).rem_euclid(JITTER + 1)
}

/// Seconds between two probes of a receiver that is down, after this many failed probes.
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
    fn events_that_fail_together_are_retried_at_different_times() {
        let of_tenth = |event| delay_secs(PushPolicy::Durable, EventSeq(event), 10);
        let different: std::collections::BTreeSet<_> = (0..100).map(of_tenth).collect();
        assert!(different.len() > 10, "{different:?}");
    }

    #[test]
    fn a_receiver_that_is_down_is_asked_twice_a_minute_at_last() {
        assert_eq!([0, 1, 5, 1000].map(probe_secs), [1, 2, 32, 32]);
    }
}
