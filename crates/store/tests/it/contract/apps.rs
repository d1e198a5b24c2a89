//! Apps and their access tokens.

use crate::place::Place;
use crate::world::{START, World, new_app};
use kaquan_core::app::{App, ReviewPolicy};
use kaquan_core::id::AppId;
use kaquan_core::time::DAY_SECS;
use kaquan_store::TokenKind;

pub fn an_app_is_found_by_its_appid(place: &dyn Place) {
    let store = place.open();
    let first = store.create_app(&new_app("wx1")).unwrap();
    let second = store.create_app(&new_app("wx2")).unwrap();
    assert_eq!((first.appid.as_str(), first.code_key, first.created_at), ("wx1", [2; 32], START));
    assert_eq!(store.app_by_appid("wx2").unwrap(), Some(second.clone()));
    assert_eq!(store.app_by_appid("wx3").unwrap(), None);
    assert_eq!(place.open().apps().unwrap(), [first, second]);
}

pub fn an_appid_is_given_once(place: &dyn Place) {
    let store = place.open();
    store.create_app(&new_app("wx1")).unwrap();
    store.create_app(&new_app("wx1")).unwrap_err();
    assert_eq!(store.apps().unwrap().len(), 1);
}

pub fn a_new_secret_and_new_settings_are_kept(place: &dyn Place) {
    let store = place.open();
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    let other = store.create_app(&new_app("wx2")).unwrap();
    store.set_secret(app, &[9; 32]).unwrap();
    let set = App { id: app, review: ReviewPolicy::Manual, gift_timeout_secs: 60, return_window_secs: 0 };
    store.set_app(&set).unwrap();
    let row = place.open().app_by_appid("wx1").unwrap().unwrap();
    assert_eq!((row.secret_digest, row.app), ([9; 32], set));
    assert_eq!(store.app_by_appid("wx2").unwrap(), Some(other));
}

pub fn the_writer_sees_a_changed_review_policy(place: &dyn Place) {
    let mut world = World::at(place);
    assert_eq!(world.set().app.review, ReviewPolicy::Auto);
    place.open().set_app(&App::new(world.app, ReviewPolicy::Manual)).unwrap();
    assert_eq!(world.set().app.review, ReviewPolicy::Manual);
    let made_beside = place.open().create_app(&new_app("wx2")).unwrap();
    assert!(world.writer.load(made_beside.app.id, &|_, _| ()).unwrap().is_some());
}

pub fn an_unknown_app_has_no_working_set(place: &dyn Place) {
    let mut world = World::at(place);
    assert_eq!(world.writer.load(AppId(77), &|_, _| ()).unwrap(), None);
    assert_eq!(world.store.working_set(AppId(77)).unwrap(), None);
}

pub fn a_new_token_retires_the_others_of_its_kind(place: &dyn Place) {
    let store = place.open();
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    let issue = |kind, at: i64| {
        let now = START.plus(at);
        store.issue_token(app, kind, None, now, now.plus(7200), now.plus(300)).unwrap().unwrap()
    };
    let first = issue(TokenKind::Plain, 0);
    let stable = issue(TokenKind::Stable, 1);
    let second = issue(TokenKind::Plain, 100);
    let third = issue(TokenKind::Plain, 5000);
    assert_eq!([first.serial, second.serial, third.serial, stable.serial], [1, 2, 3, 1]);
    let tokens = place.open().tokens(app, TokenKind::Plain).unwrap();
    let retired: Vec<_> = tokens.iter().map(|token| (token.serial, token.retired_at)).collect();
    // The first token keeps its earlier end.
    assert_eq!(retired, [(3, None), (2, Some(START.plus(5300))), (1, Some(START.plus(400)))]);
    assert_eq!(store.tokens(app, TokenKind::Stable).unwrap(), [stable]);
}

pub fn tokens_long_past_their_life_are_dropped(place: &dyn Place) {
    let store = place.open();
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    let issue = |at: i64| {
        let now = START.plus(at);
        store.issue_token(app, TokenKind::Plain, None, now, now.plus(7200), now.plus(300)).unwrap().unwrap()
    };
    let serials = || -> Vec<i64> {
        store.tokens(app, TokenKind::Plain).unwrap().iter().map(|token| token.serial).collect()
    };
    issue(0);
    issue(10);
    issue(310 + DAY_SECS);
    assert_eq!(serials(), [3, 2, 1]);
    // The first token ended at 310, and the second at 7210.
    issue(311 + DAY_SECS);
    assert_eq!(serials(), [4, 3, 2]);
    // Serials continue after tokens were dropped.
    issue(100 * DAY_SECS);
    assert_eq!(serials()[0], 5);
}

pub fn of_issues_that_saw_the_same_last_token_one_succeeds(place: &dyn Place) {
    let store = place.open();
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    let issue = |after| {
        let token = store
            .issue_token(app, TokenKind::Stable, after, START, START.plus(7200), START.plus(300))
            .unwrap();
        token.map(|token| token.serial)
    };
    assert_eq!(
        [issue(Some(0)), issue(Some(0)), issue(Some(1)), issue(None)],
        [Some(1), None, Some(2), Some(3)]
    );
}
