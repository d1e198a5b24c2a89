//! Nodes and commands that find an empty database at the same moment. All of them start, and everything that must be
//! created once exists once.

use super::{Node, on_database};
use kaquan_testkit::Schema;
use tempfile::TempDir;

/// The number of nodes, and of commands.
const AT_ONCE: usize = 8;

#[test]
fn nodes_that_start_together_on_an_empty_database_all_start() {
    let (schema, dir) = (Schema::new(), TempDir::new().expect("a folder"));
    let (url, dir) = (schema.url(), dir.path());
    std::thread::scope(|scope| {
        let nodes: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(|| Node::start(dir, &url))).collect();
        let apps = (0..AT_ONCE).map(|number| {
            let (name, url) = (format!("app {number}"), &url);
            scope.spawn(move || on_database(dir, url, &["app", "create", "--name", &name]).output())
        });
        for app in apps.collect::<Vec<_>>() {
            let made = app.join().expect("no panic").expect("kaquan runs");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        }
        nodes.into_iter().for_each(|node| node.join().expect("it starts").kill());
    });
    assert_eq!(schema.number("SELECT count(*) FROM accounts"), 1);
    assert_eq!(schema.number("SELECT count(*) FROM login_links"), 1, "the last link that was printed");
    assert_eq!(schema.number("SELECT count(DISTINCT app_id) FROM apps"), AT_ONCE as i64);
    assert_eq!(schema.number("SELECT max(version) - min(version) FROM schema_version"), 0);
}
