//! Changes outside of the rules: each is committed with the key and the audit entry of its form, or not at all.

use crate::place::Place;
use crate::world::World;
use kaquan_core::app::{App, ReviewPolicy};
use kaquan_core::engine::RecordKind;
use kaquan_core::operation::{Audit, IdempotencyKey, NoteAudit, Request};
use kaquan_store::{Callback, Grant, LoginLink, PushMode, PushPolicy, Role, SettingsChange, SettingsOutcome};
use serde_json::json;
use std::sync::Barrier;

/// The request of a form with this key.
fn form(key: &str) -> Request {
    let audit = Audit {
        account: "mei".into(),
        address: "203.0.113.7".into(),
        action: "settings".into(),
        about: "wx1".into(),
        before: json!(1),
        after: json!(2),
    };
    let once = IdempotencyKey { key: key.into(), digest: "d".into() };
    Request { once: Some(once), ..Request::of(NoteAudit(audit)) }
}

fn make(world: &World, key: &str, change: &SettingsChange) -> SettingsOutcome {
    world.store.change_settings(world.app, &form(key), change, world.now).unwrap()
}

/// The numbers of stored keys and audit entries.
fn traces(world: &World) -> (usize, usize) {
    let count = |kind| world.store.records_after(world.app, kind, (-1, ""), 1000).unwrap().len();
    (count(RecordKind::Once), count(RecordKind::AuditEntry))
}

fn callback(world: &World, url: &str) -> Box<Callback> {
    Box::new(Callback {
        app: world.app,
        url: url.to_owned(),
        token: "token".to_owned(),
        aes_key: String::new(),
        mode: PushMode::Plain,
        secret: Vec::new(),
        policy: PushPolicy::Durable,
        original_id: "gh_0123456789ab".to_owned(),
        changed_at: world.now,
    })
}

/// Changes from the state of a new app. Each alters the state that it is based on.
fn changes(world: &World) -> Vec<SettingsChange> {
    let was = App::new(world.app, ReviewPolicy::Auto);
    let app = App { return_window_secs: 60, ..was.clone() };
    let owner = [Grant { app: None, role: Role::Owner }];
    world.store.create_account("mei", &owner, world.now).unwrap();
    let li = world.store.create_account("li", &[], world.now).unwrap().unwrap();
    vec![
        SettingsChange::Rules { was, app },
        SettingsChange::Secret { was: [1; 32], digest: [9; 32] },
        SettingsChange::SetCallback { was: None, callback: callback(world, "https://a.example/") },
        SettingsChange::RemoveCallback { was: Some(callback(world, "https://a.example/")) },
        SettingsChange::SetDisabled { account: li.id, was: None, since: Some(world.now) },
    ]
}

pub fn a_change_of_settings_has_its_key_and_its_entry(place: &dyn Place) {
    let world = World::at(place);
    for (n, change) in changes(&world).iter().enumerate() {
        let key = format!("k{n}");
        assert_eq!(make(&world, &key, change), SettingsOutcome::Done, "{change:?}");
        assert_eq!(traces(&world), (n + 1, n + 1));
        assert_eq!(make(&world, &key, change), SettingsOutcome::Before(world.now), "the same form");
        assert_eq!(make(&world, "other", change), SettingsOutcome::Moved, "another form from the same page");
        assert_eq!(traces(&world), (n + 1, n + 1), "{change:?}");
    }
    let row = world.store.app_by_appid("wx1").unwrap().unwrap();
    assert_eq!((row.secret_digest, row.app.return_window_secs), ([9; 32], 60));
    assert_eq!(world.store.callback(world.app).unwrap(), None);
    let li = world.store.account_by_name("li").unwrap().unwrap();
    assert_eq!(li.disabled_at, Some(world.now));
}

pub fn a_refused_change_of_settings_leaves_nothing(place: &dyn Place) {
    let world = World::at(place);
    let grants = vec![Grant { app: None, role: Role::Owner }];
    let create = |link: u8| SettingsChange::CreateAccount {
        name: "mei".to_owned(),
        grants: grants.clone(),
        link: [link; 32],
        link_expires_at: world.now.plus(60),
    };
    let SettingsOutcome::Created(mei) = make(&world, "k1", &create(1)) else { panic!("an account") };
    assert_eq!(world.store.login_link(&[1; 32]).unwrap().unwrap().account, mei.id);
    let disable = SettingsChange::SetDisabled { account: mei.id, was: None, since: Some(world.now) };
    for refused in [create(2), disable, SettingsChange::PushAgain(vec![])] {
        for _ in 0..2 {
            assert_eq!(make(&world, "k2", &refused), SettingsOutcome::Refused, "{refused:?}");
        }
    }
    assert_eq!(traces(&world), (1, 1));
    assert_eq!(world.store.account(mei.id).unwrap().unwrap().0.disabled_at, None);
    let link = LoginLink { digest: [3; 32], account: mei.id, expires_at: world.now.plus(60) };
    assert_eq!(make(&world, "k2", &SettingsChange::LoginLink(link)), SettingsOutcome::Done);
    assert!(world.store.login_link(&[1; 32]).unwrap().is_none(), "the earlier link is invalid");
}

pub fn of_changes_at_once_from_one_state_one_is_made(place: &dyn Place) {
    let world = World::at(place);
    let (store, app, now) = (&*world.store, world.app, world.now);
    let mut was = [1; 32];
    for round in 0..10_u8 {
        let together = Barrier::new(8);
        // In even rounds, each form has its own key. In odd rounds, all forms have the same key.
        let key = |n: u8| format!("round {round} form {}", if round % 2 == 0 { n } else { 0 });
        let change = |n: u8| {
            let change = SettingsChange::Secret { was, digest: [100 + n; 32] };
            together.wait();
            store.change_settings(app, &form(&key(n)), &change, now).unwrap()
        };
        let outcomes: Vec<SettingsOutcome> = std::thread::scope(|scope| {
            let change = &change;
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || change(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let made = outcomes.iter().position(|outcome| *outcome == SettingsOutcome::Done).unwrap();
        let other = if round % 2 == 0 { SettingsOutcome::Moved } else { SettingsOutcome::Before(now) };
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == other).count(), 7, "{outcomes:?}");
        let digest = store.app_by_appid("wx1").unwrap().unwrap().secret_digest;
        assert_eq!(digest, [100 + made as u8; 32]);
        assert_eq!(traces(&world), (usize::from(round) + 1, usize::from(round) + 1));
        // The digests of the next round differ from the present one.
        was = [round + 2; 32];
        store.set_secret(app, &was).unwrap();
    }
}
