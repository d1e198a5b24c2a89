//! The places of the repository, of cargo's target folder, of the project's files, and of the binary.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Result, json, process};

/// The root of the repository.
pub fn root() -> PathBuf {
    // The variable is set while cargo runs this program. It is right even if the repository was moved.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR");
    let manifest = manifest.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map(Path::to_path_buf).unwrap_or(manifest)
}

/// The folder for files that the commands here create and keep. It is inside the target folder that cargo uses.
pub fn scratch() -> Result<PathBuf> {
    let mut target = None;
    let mut metadata = process::cargo(["metadata", "--format-version", "1", "--no-deps"]);
    process::read(&mut metadata, |line| {
        target = target.take().or_else(|| json::string(line, "target_directory"))
    })?;
    let target = target.ok_or("cargo metadata does not name a target directory")?;
    let scratch = Path::new(&target).join("xtask");
    std::fs::create_dir_all(&scratch)?;
    Ok(scratch)
}

/// Builds the `kaquan` binary and returns its path. It uses the development profile, which builds faster and shares
/// compiled code with the tests.
pub fn build_kaquan() -> Result<PathBuf> {
    println!("$ cargo build --package kaquan");
    let mut binary = None;
    let args = ["build", "--package", "kaquan", "--message-format", "json-render-diagnostics"];
    let built = process::read(&mut process::cargo(args), |line| {
        let artifact = json::string(line, "executable").map(PathBuf::from);
        binary =
            artifact.filter(|path| path.file_stem().is_some_and(|stem| stem == "kaquan")).or(binary.take());
    })?;
    if !built {
        return Err("kaquan does not build".into());
    }
    binary.ok_or_else(|| "cargo built kaquan, but names no executable".into())
}

/// The files of the project, relative to the root: those that git tracks or would track. Without git, all files
/// outside of the folders in `NOT_SOURCE`.
pub fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = match git_files(root) {
        Some(files) => files,
        None => {
            let mut found = Vec::new();
            walk(root, Path::new(""), &mut found)?;
            found
        }
    };
    files.retain(|file| root.join(file).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}

/// The files according to git; `None` if the root is not the top of a git checkout. An unpacked archive may be inside
/// another checkout.
fn git_files(root: &Path) -> Option<Vec<PathBuf>> {
    if !root.join(".git").exists() {
        return None;
    }
    let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(args).current_dir(root).stderr(Stdio::null()).output().ok()?;
    let names = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect())
}

/// Folders with files that were built or fetched, and not written.
const NOT_SOURCE: [&str; 5] = [".git", ".xtask", "__pycache__", "node_modules", "target"];

fn walk(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if !entry.file_type()?.is_dir() {
            found.push(path);
        } else if !NOT_SOURCE.iter().any(|name| entry.file_name() == *name) {
            walk(root, &path, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_git_the_files_are_walked_without_build_output() {
        let root = std::env::temp_dir().join(format!("kaquan-xtask-walk-{}", std::process::id()));
        for file in ["src/lib.rs", ".cargo/config.toml", "target/debug/junk", "conformance/__pycache__/junk"]
        {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = files(&root).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, [PathBuf::from(".cargo/config.toml"), PathBuf::from("src/lib.rs")]);
    }
}
