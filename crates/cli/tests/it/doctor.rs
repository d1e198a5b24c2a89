//! `kaquan doctor` finds the effects of a clock that was ahead, and undoes them with `--undo-clock`.

use crate::support::{Server, create_app, printed, refused};
use kaquan_ledger::{Clock, SystemClock};
use kaquan_store::{Options, SqliteStore, Store};

#[test]
fn the_doctor_finds_days_closed_ahead_and_opens_them_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let app = create_app(dir.path(), "shop");
    assert!(printed(dir.path(), &["doctor"]).contains(&format!("{}  nothing is dated after now", app.appid)));
    let today = SystemClock.now().day();
    {
        let store: &dyn Store = &SqliteStore::open(dir.path(), Options::default()).expect("a store");
        let id = store.apps().expect("apps")[0].app.id;
        (-1..2).for_each(|days| store.save_day(id, today.plus(days), 0, &[]).expect("closed"));
    }
    let (status, found) = refused(dir.path(), &["doctor"]);
    assert!(status == Some(1) && found.contains("kaquan doctor --undo-clock"), "{found}");
    let undone = printed(dir.path(), &["doctor", "--undo-clock"]);
    assert!(undone.contains(&format!("{today} {}", today.plus(1))), "{undone}");
    assert!(!undone.contains(&today.plus(-1).to_string()), "{undone}");
    assert!(printed(dir.path(), &["doctor", "--app", &app.appid]).contains("nothing is dated after now"));
}

#[test]
fn the_doctor_repairs_no_folder_beside_its_server() {
    let dir = tempfile::tempdir().expect("a folder");
    create_app(dir.path(), "shop");
    let _server = Server::start(dir.path());
    assert!(printed(dir.path(), &["doctor"]).contains("nothing"));
    let (_, why) = refused(dir.path(), &["doctor", "--undo-clock"]);
    assert!(why.contains("stop it first"), "{why}");
}
