//! What the console keeps: accounts, what they may do, sessions and login links.

use crate::place::Place;
use crate::world::START;
use crate::world::World;
use kaquan_core::id::AppId;
use kaquan_core::time::Timestamp;
use kaquan_store::{Account, Grant, LoginLink, Role, Session};

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

pub fn an_account_is_kept_with_what_it_may_do(place: &dyn Place) {
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

pub fn somebody_is_always_left_to_run_everything(place: &dyn Place) {
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
    assert_eq!(enter(2, world.now.plus(60)), None, "it is over");
    assert_eq!(enter(2, world.now), Some(mei.id));
    assert_eq!(enter(2, world.now), None, "it was used");
    assert_eq!(world.store.account_by_name("mei").unwrap().unwrap().password.as_deref(), Some("hash"));
}

pub fn failed_logins_are_counted_until_they_are_forgiven_or_forgotten(place: &dyn Place) {
    let store = place.open();
    let (who, at) = (["name mei", "from 10.0.0.1"], |secs| START.plus(secs));
    let failed = |since| -> Vec<(String, u32)> {
        let mut failed = place.open().failed_logins(&who, since).unwrap();
        failed.sort();
        failed
    };
    store.note_failed_login(&who, at(0), at(-900)).unwrap();
    store.note_failed_login(&who[1..], at(10), at(-890)).unwrap();
    assert_eq!(failed(at(-1)), [("from 10.0.0.1".to_owned(), 2), ("name mei".to_owned(), 1)]);
    assert_eq!(failed(at(5)), [("from 10.0.0.1".to_owned(), 2)]);
    store.forgive_logins(&who[1..]).unwrap();
    assert_eq!(failed(at(-1)), [("name mei".to_owned(), 1)]);
    // What is forgotten counts from the beginning again.
    store.note_failed_login(&who[..1], at(1000), at(100)).unwrap();
    assert_eq!(failed(at(100)), [("name mei".to_owned(), 1)]);
}
