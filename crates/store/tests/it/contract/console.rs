//! The rows of the console: accounts, their grants, sessions and login links.

use crate::place::Place;
use crate::world::{START, World};
use kaquan_core::id::AppId;
use kaquan_core::time::Timestamp;
use kaquan_store::{Account, AttemptLimit, Grant, KnownBrowser, LoginLink, Role, Session};
use std::sync::atomic::{AtomicUsize, Ordering};

const EVERYTHING: Grant = Grant { app: None, role: Role::Owner };

fn account(world: &World, name: &str, grants: &[Grant]) -> Account {
    world.store.create_account(name, grants, world.now).unwrap().unwrap()
}

fn session(account: &Account, no: u8, world: &World) -> Session {
    Session {
        digest: [no; 32],
        account: account.id,
        created_at: world.now,
        used_at: world.now,
        expires_at: world.now.plus(60),
    }
}

pub fn an_account_is_kept_with_its_grants(place: &dyn Place) {
    let world = World::at(place);
    let grants = [EVERYTHING, Grant { app: Some(AppId(7)), role: Role::Clerk }];
    let mei = account(&world, "Mei", &grants);
    assert_eq!((mei.name.as_str(), mei.password.as_deref(), mei.disabled_at), ("Mei", None, None));
    assert_eq!(world.store.create_account("MEI", &grants, world.now).unwrap(), None, "the name is taken");
    assert_eq!(world.store.account_by_name("mei").unwrap(), Some(mei.clone()));
    assert_eq!(world.store.account_by_name("li").unwrap(), None);
    assert_eq!(world.store.account(mei.id).unwrap(), Some((mei.clone(), grants.to_vec())));
    let clerk = [Grant { app: Some(AppId(7)), role: Role::Operator }];
    let li = account(&world, "li", &clerk);
    assert!(world.store.set_grants(li.id, &[]).unwrap());
    assert_eq!(world.store.accounts().unwrap(), [(mei, grants.to_vec()), (li, vec![])]);
}

pub fn the_last_owner_cannot_be_disabled_or_lose_the_role(place: &dyn Place) {
    let world = World::at(place);
    let mei = account(&world, "mei", &[EVERYTHING]);
    let li = account(&world, "li", &[]);
    assert!(!world.store.set_grants(mei.id, &[]).unwrap());
    assert!(!world.store.set_disabled(mei.id, Some(world.now)).unwrap());
    assert_eq!(world.store.account(mei.id).unwrap().unwrap(), (mei.clone(), vec![EVERYTHING]));
    assert!(world.store.set_grants(li.id, &[EVERYTHING]).unwrap());
    assert!(world.store.set_disabled(mei.id, Some(world.now)).unwrap());
    assert!(!world.store.set_grants(li.id, &[]).unwrap(), "a disabled owner runs nothing");
    assert!(world.store.set_disabled(mei.id, None).unwrap());
    assert_eq!(world.store.account_by_name("mei").unwrap().unwrap().disabled_at, None);
}

pub fn a_session_is_found_by_its_digest_until_it_ends(place: &dyn Place) {
    let world = World::at(place);
    let mei = account(&world, "mei", &[EVERYTHING]);
    let sessions = [1, 2, 3].map(|no| session(&mei, no, &world));
    sessions.iter().for_each(|session| world.store.create_session(session).unwrap());
    let found = |no: u8| world.store.session(&[no; 32]).unwrap().map(|(session, ..)| session);
    let (first, owner, grants) = world.store.session(&[1; 32]).unwrap().unwrap();
    assert_eq!((first, owner, grants), (sessions[0].clone(), mei.clone(), vec![EVERYTHING]));
    let later = world.now.plus(30);
    world.store.touch_session(&[1; 32], later, later.plus(60)).unwrap();
    assert_eq!(found(1), Some(Session { used_at: later, expires_at: later.plus(60), ..sessions[0].clone() }));
    world.store.delete_session(&[3; 32]).unwrap();
    assert_eq!(found(3), None);
    assert_eq!(world.store.drop_expired_sessions(world.now.plus(60)).unwrap(), 1);
    assert_eq!((found(1).is_some(), found(2)), (true, None));
    world.store.create_session(&sessions[1]).unwrap();
    world.store.delete_sessions(mei.id, Some(&[2; 32])).unwrap();
    assert_eq!((found(1), found(2)), (None, Some(sessions[1].clone())));
    world.store.set_disabled(mei.id, Some(world.now)).unwrap();
    assert!(found(2).is_some(), "the last owner was not shut out");
    world.store.set_password(mei.id, "hash").unwrap();
    assert_eq!(found(2), None, "a new password ends every session");
}

pub fn a_login_link_works_once(place: &dyn Place) {
    let world = World::at(place);
    let mei = account(&world, "mei", &[EVERYTHING]);
    let link = |no: u8| LoginLink { digest: [no; 32], account: mei.id, expires_at: world.now.plus(60) };
    world.store.create_login_link(&link(1)).unwrap();
    world.store.create_login_link(&link(2)).unwrap();
    assert_eq!(world.store.login_link(&[1; 32]).unwrap(), None, "a new link ends the one before");
    assert_eq!(world.store.login_link(&[2; 32]).unwrap(), Some(link(2)));
    let enter = |no: u8, now: Timestamp| world.store.use_login_link(&[no; 32], "hash", now).unwrap();
    assert_eq!(enter(2, world.now.plus(60)), None, "it has expired");
    assert_eq!(enter(2, world.now), Some(mei.id));
    assert_eq!(enter(2, world.now), None, "it was used");
    assert_eq!(world.store.account_by_name("mei").unwrap().unwrap().password.as_deref(), Some("hash"));
}

fn limit(who: &str, free: u32) -> AttemptLimit {
    let who = who.to_owned();
    AttemptLimit { who, free, first_wait_secs: 10, longest_wait_secs: 60, reset_secs: 900 }
}

pub fn a_login_attempt_counts_against_every_limit_or_none(place: &dyn Place) {
    let (store, at) = (place.open(), |secs| START.plus(secs));
    let limits = [limit("pair", 2), limit("address", 3)];
    let take = |limits: &[AttemptLimit], now| place.open().take_login_attempt(limits, now).unwrap();
    assert_eq!(take(&limits, at(0)), None);
    assert_eq!(take(&limits, at(0)), None);
    assert_eq!(take(&limits, at(9)), Some(at(10)), "the pair waits");
    assert_eq!(take(&limits[1..], at(9)), None, "the refused attempt did not count");
    assert_eq!(take(&limits[1..], at(9)), Some(at(19)));
    assert_eq!(take(&limits, at(10)), Some(at(19)), "the last limit to let go counts");
    assert_eq!(take(&limits, at(19)), None);
    assert_eq!(take(&limits, at(20)), Some(at(39)), "each wait is twice the one before");
    store.return_login_attempt(&["pair"], &["address"]).unwrap();
    assert_eq!(take(&limits[..1], at(20)), None, "a success clears the pair");
    assert_eq!(take(&limits[1..], at(20)), Some(at(39)), "and leaves the wait of the address");
    assert_eq!(take(&limits[1..], at(39)), None);
    assert_eq!(take(&limits[1..], at(40)), Some(at(59)), "with one attempt less");
    assert_eq!(take(&limits[1..], at(39 + 900)), None, "an old count begins again");
    assert_eq!(take(&limits[1..], at(39 + 900)), None);
    assert_eq!(store.drop_login_attempts(at(20)).unwrap(), 1);
    assert_eq!(store.drop_login_attempts(at(39 + 900)).unwrap(), 1);
}

pub fn login_attempts_at_the_same_moment_are_counted_one_by_one(place: &dyn Place) {
    let store = place.open();
    let limits = [limit("pair", 5), limit("address", 40)];
    let counted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..4 {
                    let refused = store.take_login_attempt(&limits, START).unwrap();
                    counted.fetch_add(usize::from(refused.is_none()), Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(counted.into_inner(), 5);
}

pub fn a_browser_is_known_until_the_password_changes(place: &dyn Place) {
    let world = World::at(place);
    let mei = account(&world, "mei", &[EVERYTHING]);
    let li = account(&world, "li", &[]);
    let browser = |no: u8, account: &Account, secs: i64| KnownBrowser {
        digest: [no; 32],
        account: account.id,
        created_at: world.now.plus(secs),
        expires_at: world.now.plus(secs + 60),
    };
    let known = |no: u8| world.store.known_browser(&[no; 32]).unwrap();
    world.store.create_known_browser(&browser(255, &li, 0)).unwrap();
    for no in 0..=50 {
        world.store.create_known_browser(&browser(no, &mei, no.into())).unwrap();
    }
    assert_eq!((known(0), known(1)), (None, Some(browser(1, &mei, 1))), "the oldest of 51 is dropped");
    assert_eq!(world.store.drop_expired_sessions(world.now.plus(61)).unwrap(), 2);
    assert_eq!((known(1), known(255)), (None, None));
    world.store.set_password(mei.id, "hash").unwrap();
    assert_eq!(known(50), None);
    world.store.create_known_browser(&browser(60, &li, 0)).unwrap();
    world.store.set_disabled(li.id, Some(world.now)).unwrap();
    assert_eq!(known(60), None, "a disabled account has no known browser");
}
