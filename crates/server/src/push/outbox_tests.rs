//! Tests of the outbox: order, cursor, tries, and receivers that are down.

use super::*;
use kaquan_core::event::EventKind;

const NOW: Timestamp = Timestamp(1000);

fn event(seq: i64, code: i64) -> Event {
    let event = Event::new(EventKind::MemberUpdate, NOW, CardNo(1)).of(CodeSeq(code), &"o1".into());
    Event { seq: EventSeq(seq), ..event }
}

fn take(outbox: &mut Outbox<()>, event: &Event, now: Timestamp) {
    let item = Item { seq: event.seq, create_time: event.at, payload: () };
    outbox.take(event, Some(item), now);
}

/// An outbox with events 1, 2, 3 ... of these codes.
fn of_codes(policy: PushPolicy, codes: &[i64]) -> Outbox<()> {
    let mut outbox = Outbox::new(policy, EventSeq(1), []);
    (1..).zip(codes).for_each(|(seq, code)| take(&mut outbox, &event(seq, *code), NOW));
    outbox
}

fn send(outbox: &mut Outbox<()>, now: Timestamp) -> Vec<i64> {
    std::iter::from_fn(|| outbox.next(now)).map(|item| item.seq.0).collect()
}

fn rows(outbox: &mut Outbox<()>) -> Vec<(i64, DeliveryState, u32)> {
    outbox.take_changed().iter().map(|row| (row.seq.0, row.state, row.tries)).collect()
}

#[test]
fn events_of_a_code_go_one_after_another_and_others_beside_them() {
    let mut outbox = of_codes(PushPolicy::Durable, &[1, 1, 2, 1]);
    assert_eq!(send(&mut outbox, NOW), [1, 3]);
    outbox.accepted(EventSeq(1), NOW);
    assert_eq!(send(&mut outbox, NOW), [2]);
    outbox.accepted(EventSeq(2), NOW);
    assert_eq!(send(&mut outbox, NOW), [4]);
}

#[test]
fn a_gift_taken_goes_between_the_old_code_and_the_new() {
    let mut outbox = of_codes(PushPolicy::Durable, &[1]);
    let accepted = Event { other_code: Some(CodeSeq(1)), ..event(2, 2) };
    take(&mut outbox, &accepted, NOW);
    take(&mut outbox, &event(3, 2), NOW);
    for seq in [1, 2, 3] {
        assert_eq!(send(&mut outbox, NOW), [seq]);
        outbox.accepted(EventSeq(seq), NOW);
    }
}

#[test]
fn the_number_of_events_in_flight_is_bounded() {
    let mut outbox = of_codes(PushPolicy::Durable, &(0..100).collect::<Vec<_>>());
    assert_eq!(send(&mut outbox, NOW).len(), IN_FLIGHT_MAX);
    outbox.accepted(EventSeq(5), NOW);
    assert_eq!(send(&mut outbox, NOW).len(), 1);
}

#[test]
fn the_cursor_stays_before_the_first_open_event() {
    let mut outbox = of_codes(PushPolicy::Durable, &[1, 2, 3]);
    send(&mut outbox, NOW);
    outbox.accepted(EventSeq(2), NOW);
    outbox.accepted(EventSeq(3), NOW);
    assert_eq!(outbox.cursor(), EventSeq(1));
    outbox.accepted(EventSeq(1), NOW);
    assert_eq!((outbox.cursor(), outbox.take_changed()), (EventSeq(4), vec![]));
}

#[test]
fn an_event_that_is_not_pushed_moves_the_cursor() {
    let mut outbox = of_codes(PushPolicy::Durable, &[]);
    outbox.take(&event(1, 1), None, NOW);
    assert_eq!((outbox.cursor(), outbox.next_due()), (EventSeq(2), None));
}

#[test]
fn a_failed_event_and_its_successors_get_rows_and_the_cursor_moves() {
    let mut outbox = of_codes(PushPolicy::Durable, &[1, 1, 2]);
    send(&mut outbox, NOW);
    assert_eq!(outbox.refused(EventSeq(1), NOW), DeliveryState::Pending);
    outbox.accepted(EventSeq(3), NOW);
    assert_eq!(outbox.cursor(), EventSeq(4));
    take(&mut outbox, &event(4, 1), NOW);
    assert_eq!(outbox.cursor(), EventSeq(5));
    let pending = DeliveryState::Pending;
    assert_eq!(rows(&mut outbox), [(1, pending, 1), (2, pending, 0), (4, pending, 0)]);
    assert_eq!(send(&mut outbox, NOW), [] as [i64; 0]);
    let due = outbox.next_due().unwrap();
    assert!(due > NOW);
    assert_eq!(send(&mut outbox, due), [1]);
    outbox.accepted(EventSeq(1), due);
    assert_eq!(send(&mut outbox, due), [2]);
    outbox.accepted(EventSeq(2), due);
    assert_eq!(rows(&mut outbox), [(1, DeliveryState::Delivered, 1), (2, DeliveryState::Delivered, 0)]);
}

#[test]
fn wechats_policy_parks_after_three_tries_and_lets_the_next_go() {
    let mut outbox = of_codes(PushPolicy::Wechat, &[1, 1]);
    for expected in [DeliveryState::Pending, DeliveryState::Pending, DeliveryState::DeadLettered] {
        assert_eq!(send(&mut outbox, NOW), [1]);
        assert_eq!(outbox.refused(EventSeq(1), NOW), expected);
    }
    assert_eq!(send(&mut outbox, NOW), [2]);
    assert_eq!(rows(&mut outbox), [(1, DeliveryState::DeadLettered, 3), (2, DeliveryState::Pending, 0)]);
}

#[test]
fn while_a_receiver_is_down_one_event_is_tried_and_the_log_waits() {
    let mut outbox = of_codes(PushPolicy::Durable, &(0..20).collect::<Vec<_>>());
    let mut now = NOW;
    for seq in send(&mut outbox, now) {
        outbox.refused(EventSeq(seq), now);
    }
    assert_eq!((outbox.room(), send(&mut outbox, now).len()), (0, 0));
    let failed: Vec<_> = rows(&mut outbox);
    assert_eq!(failed.len(), IN_FLIGHT_MAX);
    for probe in 1..40 {
        now = outbox.next_due().unwrap();
        assert_eq!(send(&mut outbox, now), [1], "probe {probe}");
        outbox.refused(EventSeq(1), now);
    }
    let tries = rows(&mut outbox).last().unwrap().2;
    assert_eq!(tries, 1, "probes count against the receiver");
    now = outbox.next_due().unwrap();
    send(&mut outbox, now);
    outbox.accepted(EventSeq(1), now);
    assert!(outbox.room() > 0);
    assert_eq!(send(&mut outbox, now).len(), IN_FLIGHT_MAX, "whatever failed is due at once");
}

#[test]
fn a_row_taken_up_again_is_sent_when_it_is_due_and_not_twice() {
    let mut outbox = Outbox::new(PushPolicy::Durable, EventSeq(2), [EventSeq(3)]);
    let row = |seq, due_at| Delivery {
        seq: EventSeq(seq),
        state: DeliveryState::Pending,
        tries: 2,
        due_at,
        create_time: NOW,
        changed_at: NOW,
    };
    outbox.adopt(&event(2, 1), &row(2, NOW.plus(9)), ());
    outbox.adopt(&event(2, 1), &row(2, NOW.plus(9)), ());
    for (seq, code) in [(2, 1), (3, 2), (4, 3)] {
        take_unless_known(&mut outbox, &event(seq, code));
    }
    assert_eq!(send(&mut outbox, NOW), [4]);
    assert_eq!(send(&mut outbox, NOW.plus(9)), [2]);
    // Pushed again on request: an event that is older than those in the outbox, of a code with a waiting event.
    outbox.adopt(&event(1, 3), &row(1, NOW), ());
    assert_eq!(send(&mut outbox, NOW), [1]);
}

fn take_unless_known(outbox: &mut Outbox<()>, event: &Event) {
    match outbox.knows(event.seq) {
        true => outbox.take(event, None, NOW),
        false => take(outbox, event, NOW),
    }
}
