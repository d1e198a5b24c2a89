//! The upstreams of apps: settings, secrets and the token that nodes share.

use crate::place::Place;
use crate::world::World;
use kaquan_core::time::Timestamp;
use kaquan_store::UpstreamRow;

fn row(world: &World) -> UpstreamRow {
    world.store.upstream(world.app).unwrap().unwrap()
}

pub fn every_field_of_an_upstream_is_kept(place: &dyn Place) {
    let world = World::at(place);
    let (store, app) = (&world.store, world.app);
    assert_eq!(store.upstream(app).unwrap(), None);
    store.set_upstream(app, "{}", &[0, 255], world.now).unwrap();
    assert!(store.put_upstream_token(app, 1, &[1, 2], world.now.plus(60), None).unwrap());
    let world = world.reopened(place);
    let expected = UpstreamRow {
        app: world.app,
        settings: "{}".to_owned(),
        secrets: vec![0, 255],
        token: vec![1, 2],
        token_serial: 2,
        token_until: world.now.plus(60),
        forced_at: Timestamp(0),
        changed_at: world.now,
    };
    assert_eq!(row(&world), expected);
    assert_eq!(world.store.upstreams().unwrap(), [expected]);
    // A change of the settings ends the token.
    world.store.set_upstream(world.app, "{1}", &[3], world.now.plus(1)).unwrap();
    let changed = row(&world);
    assert_eq!((changed.token_serial, changed.token, changed.token_until), (3, vec![], Timestamp(0)));
    world.store.remove_upstream(world.app).unwrap();
    assert_eq!(world.store.upstreams().unwrap(), []);
}

pub fn one_node_at_a_time_replaces_a_token(place: &dyn Place) {
    let world = World::at(place);
    let (store, app, now) = (&world.store, world.app, world.now);
    store.set_upstream(app, "{}", &[], now).unwrap();
    let lease = |serial, now: Timestamp| store.lease_upstream_token(app, serial, now, now.plus(15)).unwrap();
    assert!(lease(1, now));
    assert!(!lease(1, now) && !lease(1, now.plus(14)), "another node has the lease");
    assert!(lease(1, now.plus(15)), "a lease ends by itself");
    store.end_upstream_lease(app, 1).unwrap();
    assert!(lease(1, now));
    assert!(store.put_upstream_token(app, 1, &[1], now.plus(60), Some(now)).unwrap());
    assert!(!store.put_upstream_token(app, 1, &[2], now.plus(60), None).unwrap());
    assert!(!lease(1, now) && lease(2, now), "only the present token is replaced");
    assert!(store.put_upstream_token(app, 2, &[3], now.plus(90), None).unwrap());
    assert_eq!((row(&world).token, row(&world).forced_at), (vec![3], now));
}

pub fn a_row_is_encrypted_again_only_as_it_was_read(place: &dyn Place) {
    let world = World::at(place);
    let (store, app, now) = (&world.store, world.app, world.now);
    store.set_upstream(app, "{}", &[1], now).unwrap();
    let read = row(&world);
    assert!(store.put_upstream_token(app, 1, &[2], now, None).unwrap());
    assert!(!store.reseal_upstream(&read, &[9], &[]).unwrap(), "the token has changed");
    assert!(store.reseal_upstream(&row(&world), &[8], &[9]).unwrap());
    let after = row(&world);
    assert_eq!((after.secrets, after.token, after.token_serial), (vec![8], vec![9], 2));
}
