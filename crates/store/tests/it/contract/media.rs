//! Uploaded pictures, under the digest of their bytes, and temporary files.

use crate::place::Place;
use crate::world::{START, new_app};
use kaquan_store::{Media, MediaFormat, MediaKind, TemporaryMedia};

fn picture(kind: MediaKind, byte: u8) -> Media {
    Media { kind, bytes: vec![byte; 300_000], created_at: START }
}

pub fn a_picture_is_kept_once_for_each_app(place: &dyn Place) {
    let store = place.open();
    let [first, second] = ["wx1", "wx2"].map(|appid| store.create_app(&new_app(appid)).unwrap().app.id);
    let (one, other) = (picture(MediaKind::Png, 1), picture(MediaKind::Jpeg, 2));
    store.save_media(first, &[1; 16], &one).unwrap();
    assert_eq!(store.media(first, &[1; 16]).unwrap(), Some(one.clone()));
    assert_eq!(store.media(first, &[2; 16]).unwrap(), None);
    assert_eq!(store.media(second, &[1; 16]).unwrap(), None);
    store.save_media(second, &[1; 16], &other).unwrap();
    store.save_media(first, &[1; 16], &Media { created_at: START.plus(9), ..one.clone() }).unwrap();
    assert_eq!(store.media(first, &[1; 16]).unwrap(), Some(one));
    assert_eq!(store.media(second, &[1; 16]).unwrap(), Some(other));
}

pub fn a_picture_outlives_the_process(place: &dyn Place) {
    let store = place.open();
    let app = store.create_app(&new_app("wx1")).unwrap().app.id;
    store.save_media(app, &[7; 16], &picture(MediaKind::Jpeg, 7)).unwrap();
    drop(store);
    assert_eq!(place.open().media(app, &[7; 16]).unwrap(), Some(picture(MediaKind::Jpeg, 7)));
}

fn file(byte: u8, secs: i64) -> TemporaryMedia {
    TemporaryMedia { format: MediaFormat::Gif, bytes: vec![byte; 2_000_000], expires_at: START.plus(secs) }
}

pub fn a_temporary_file_is_found_until_it_expires(place: &dyn Place) {
    let store = place.open();
    let [first, second] = ["wx1", "wx2"].map(|appid| store.create_app(&new_app(appid)).unwrap().app.id);
    store.save_temporary_media(first, "m", &file(1, 60)).unwrap();
    store.save_temporary_media(second, "m", &file(2, 60)).unwrap();
    assert!(store.save_temporary_media(first, "m", &file(3, 60)).is_err(), "an id is used once");
    let (last, end) = (START.plus(59), START.plus(60));
    assert_eq!(store.temporary_media(first, "m", last).unwrap(), Some(file(1, 60)));
    assert_eq!(store.temporary_media_format(first, "m", last).unwrap(), Some(MediaFormat::Gif));
    assert_eq!(store.temporary_media(first, "M", last).unwrap(), None);
    assert_eq!(store.temporary_media(first, "m", end).unwrap(), None);
    assert_eq!(store.temporary_media_format(first, "m", end).unwrap(), None);
    assert_eq!(store.temporary_media(second, "m", last).unwrap(), Some(file(2, 60)));
}

pub fn expired_files_of_all_apps_are_dropped(place: &dyn Place) {
    let store = place.open();
    let apps = ["wx1", "wx2"].map(|appid| store.create_app(&new_app(appid)).unwrap().app.id);
    for (app, n) in apps.into_iter().flat_map(|app| (0..7).map(move |n| (app, n))) {
        store.save_temporary_media(app, &format!("m{n}"), &file(n, i64::from(n))).unwrap();
    }
    assert_eq!(store.drop_expired_media(START.plus(-1)).unwrap(), 0);
    assert_eq!(store.drop_expired_media(START.plus(5)).unwrap(), 12);
    for app in apps {
        assert_eq!(store.temporary_media(app, "m5", START).unwrap(), None, "dropped");
        assert_eq!(store.temporary_media(app, "m6", START).unwrap(), Some(file(6, 6)));
    }
}
