//! Other users of the machine must not be able to read a data folder, whatever its permissions were before.

use crate::support::{create_app, kaquan, refused};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it exists").mode() & 0o777
}

/// Starts a command without a umask, waits until it listens, and checks every file of the folder.
fn look(data: &Path, args: &[&str]) {
    let program = env!("CARGO_BIN_EXE_kaquan");
    let mut command = Command::new("sh");
    command.args(["-c", "umask 0; exec \"$0\" \"$@\"", program]).args(args);
    command.args(["--listen", "127.0.0.1:0", "--log", "error", "--data"]).arg(data);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("kaquan runs");
    let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
    let listens = lines.map_while(Result::ok).any(|line| line.starts_with("listening on"));
    let modes: Vec<_> = std::fs::read_dir(data)
        .expect("the folder")
        .map(|entry| entry.expect("a file").path())
        .map(|path| (mode(&path), path))
        .collect();
    process.kill().expect("killed");
    process.wait().expect("ended");
    assert!(listens, "{args:?}");
    assert_eq!(mode(data), 0o700, "{args:?}");
    assert!(modes.len() >= 6, "{modes:?}");
    for (mode, path) in modes {
        assert_eq!(mode, 0o600, "{args:?} {}", path.display());
    }
}

#[test]
fn serve_and_demo_make_a_folder_that_was_open_to_all_their_owners_alone() {
    for args in [&["serve"][..], &["demo", "--days", "5", "--holders", "60"]] {
        let dir = tempfile::tempdir().expect("a folder");
        let data = dir.path().join("data");
        std::fs::create_dir(&data).expect("made");
        std::fs::set_permissions(&data, PermissionsExt::from_mode(0o777)).expect("set");
        look(&data, args);
        // An earlier version may have created its files with open permissions.
        for entry in std::fs::read_dir(&data).expect("the folder") {
            let path = entry.expect("a file").path();
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o644)).expect("set");
        }
        look(&data, args);
    }
}

#[test]
fn a_data_folder_that_is_a_link_is_refused_with_advice() {
    let dir = tempfile::tempdir().expect("a folder");
    let (real, link) = (dir.path().join("real"), dir.path().join("link"));
    create_app(&real, "shop");
    symlink(&real, &link).expect("a link");
    for args in
        [&["serve", "--listen", "127.0.0.1:0"][..], &["demo", "--listen", "127.0.0.1:0"], &["app", "list"]]
    {
        let (code, output) = refused(&link, args);
        assert_eq!(code, Some(1));
        assert!(output.contains("symbolic link") && output.contains("real path"), "{output}");
    }
    assert!(kaquan(&real, &["app", "list"]).status().expect("it runs").success());
}
