//! Uploaded pictures, under the digest of their bytes.

use crate::place::Place;
use crate::world::{START, new_app};
use kaquan_store::{Media, MediaKind};

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
