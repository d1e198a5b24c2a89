//! Rules that make the project independent of one machine: no folders of a machine, and packages only by name and
//! version. So every developer fetches packages from the configured host.

use super::{Finding, Project};

// Each text is written in two parts, so that this file does not find itself.
const FOLDERS: [&str; 3] = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/")];
const HOSTS: [&str; 7] = [
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("pypi", ".org/simple"),
    concat!("files.", "pythonhosted.org"),
    concat!("registry.", "npmjs.org"),
    concat!("registry.", "yarnpkg.com"),
    concat!("proxy.", "golang.org"),
];
/// The source that cargo writes for every package of the public registry, wherever it was fetched.
const CARGO_SOURCE: &str = concat!("source = \"registry+https://github.com/rust-lang/", "crates.io-index\"");

/// No file contains a folder of one machine or the host of a package registry.
pub fn places(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &project.files {
        for (number, line) in file.lines() {
            if let Some(folder) = FOLDERS.iter().find(|folder| has_folder(line, folder)) {
                findings.push(Finding::new(file, number, format!("`{folder}` is a folder of one machine")));
            }
            if let Some(host) = HOSTS.iter().find(|host| line.contains(*host)) {
                findings.push(Finding::new(file, number, format!("`{host}`: name packages, not hosts")));
            }
            if file.path.ends_with("package-lock.json") && line.contains("\"resolved\":") {
                findings.push(Finding::new(
                    file,
                    number,
                    "an address; npm leaves it out with --omit-lockfile-registry-resolved",
                ));
            }
            let locked = file.path.ends_with("Cargo.lock") && line.starts_with("source = ");
            if locked && line != CARGO_SOURCE {
                findings.push(Finding::new(
                    file,
                    number,
                    "a dependency that is not from the public registry",
                ));
            }
        }
    }
    findings
}

/// Whether the line has a path that begins with the folder. `https://example.com/work/` is not such a path.
fn has_folder(line: &str, folder: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "._-~}/".contains(c);
    line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(inside))
}

#[cfg(test)]
mod tests {
    use super::super::places as at;
    use super::*;

    #[test]
    fn a_path_into_a_home_folder_is_found_and_an_address_is_not() {
        let [home, ..] = FOLDERS;
        let text =
            format!("see {home}me/notes\ndata = \"{home}me\"\nhttps://example.com{home}page\n~{home}x\n");
        assert_eq!(at(&places(&Project::of(&[("a.md", &text)]))), ["a.md:1", "a.md:2"]);
    }

    #[test]
    fn a_package_host_is_found() {
        let text = format!("wechatpy==1.8.18\n--index-url https://{}\n", HOSTS[2]);
        assert_eq!(at(&places(&Project::of(&[("requirements.txt", &text)]))), ["requirements.txt:2"]);
    }

    #[test]
    fn a_lock_file_of_npm_names_no_addresses() {
        let text = "{\n\"version\": \"1.0.8\",\n\"resolved\": \"https://example.com/x.tgz\"\n}\n";
        assert_eq!(at(&places(&Project::of(&[("a/package-lock.json", text)]))), ["a/package-lock.json:3"]);
    }

    #[test]
    fn a_lock_file_names_the_public_registry_only() {
        let text = format!("{CARGO_SOURCE}\nsource = \"git+https://example.com/x\"\n");
        assert_eq!(at(&places(&Project::of(&[("Cargo.lock", &text)]))), ["Cargo.lock:2"]);
    }
}
