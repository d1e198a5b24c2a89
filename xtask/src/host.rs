//! Programs that the tests need in addition to Rust and a C compiler. On Debian and its derivatives, with the
//! necessary rights, missing programs are installed and named. Otherwise the error says in one sentence what is
//! missing and how to install it.

use std::process::Command;

use crate::process;

/// A program or file that a step needs, and the packages that contain it.
pub struct Need {
    /// The name in messages.
    pub name: &'static str,
    /// Whether it is installed and works.
    pub present: fn() -> bool,
    /// The Debian packages that contain it.
    pub packages: &'static [&'static str],
}

/// Python with working virtual environments; Debian has a separate package for these.
pub const PYTHON: Need = Need {
    name: "Python 3 with venv",
    present: || process::succeeds("python3", ["-c", "import ensurepip, venv; ensurepip.version()"]),
    packages: &["python3", "python3-venv"],
};

/// Node with its test runner's TAP reporter, and npm.
pub const NODE: Need = Need {
    name: "Node.js 18.15 or newer with npm",
    present: || {
        let recent = "const [a, b] = process.versions.node.split('.'); \
                      process.exit(a > 18 || (a == 18 && b >= 15) ? 0 : 1)";
        process::succeeds("node", ["-e", recent]) && process::succeeds("npm", ["--version"])
    },
    packages: &["nodejs", "npm"],
};

/// Chromium and its driver.
pub const CHROMIUM: Need = Need {
    name: "Chromium with chromedriver",
    present: || {
        process::succeeds("chromium", ["--version"]) && process::succeeds("chromedriver", ["--version"])
    },
    packages: &["chromium", "chromium-driver"],
};

/// A font with Chinese characters, so that pictures of pages show texts and not boxes.
pub const CHINESE_FONT: Need = Need {
    name: "a font with Chinese characters",
    present: || {
        let listed = Command::new("fc-list").arg(":lang=zh").output();
        listed.is_ok_and(|listed| listed.status.success() && !listed.stdout.is_empty())
    },
    packages: &["fontconfig", "fonts-wqy-microhei"],
};

/// PostgreSQL's programs, with which tests start their own servers, and a user for these servers.
pub const POSTGRESQL: Need = Need {
    name: "PostgreSQL 15 or newer",
    present: || kaquan_testkit::bin_dir().is_some(),
    packages: &["postgresql"],
};

/// A Java compiler with records, and Maven.
pub const JAVA: Need = Need {
    name: "a JDK, 17 or newer, with Maven",
    present: || {
        process::succeeds("javac", ["--release", "17", "--version"])
            && process::succeeds("mvn", ["--version"])
    },
    packages: &["default-jdk-headless", "maven"],
};

/// Installs a component of the Rust toolchain. A minimal installation does not have it.
pub fn ensure_component(name: &str) -> Result<(), String> {
    let present = || process::succeeds("cargo", [name, "--version"]);
    // `cargo fmt` needs the component rustfmt, and `cargo clippy` the component clippy.
    let component = if name == "fmt" { "rustfmt" } else { name };
    if present() {
        return Ok(());
    }
    println!("cargo {name} is missing; asking rustup for {component}");
    let added = process::run(Command::new("rustup").args(["component", "add", component])).unwrap_or(false);
    if added && present() {
        return Ok(());
    }
    Err(format!("cargo {name} is missing; get it with `rustup component add {component}`"))
}

/// Checks that the need is met, and installs it if possible. Otherwise returns what is missing and how to install it.
pub fn ensure(need: &Need) -> Result<(), String> {
    if (need.present)() {
        return Ok(());
    }
    let advice = advice(need);
    if !process::succeeds("apt-get", ["--version"]) {
        return Err(advice);
    }
    let Some(prefix) = privilege() else { return Err(advice) };
    println!("{} is missing; installing {} with apt-get", need.name, need.packages.join(" "));
    let apt_get = |args: &[&str]| {
        let mut words = prefix.iter().copied().chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        let mut command = Command::new(words.next().unwrap_or("env"));
        command.args(words).args(["--quiet", "--quiet"]).args(args);
        process::run(&mut command).unwrap_or(false)
    };
    // If the update fails, the present lists may still be good enough.
    apt_get(&["update"]);
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(need.packages);
    if apt_get(&install) && (need.present)() { Ok(()) } else { Err(advice) }
}

fn advice(need: &Need) -> String {
    let Need { name, packages, .. } = need;
    format!("{name} is missing; on Debian, get it with `apt-get install {}`", packages.join(" "))
}

/// The words before a command that needs root. `None` if there is no way to get these rights without a password.
fn privilege() -> Option<&'static [&'static str]> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if is_root {
        return Some(&[]);
    }
    process::succeeds("sudo", ["-n", "true"]).then_some(&["sudo", "-n"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_the_missing_program_and_its_packages() {
        let need = Need { name: "Python 3", present: || false, packages: &["python3", "python3-venv"] };
        let text = "Python 3 is missing; on Debian, get it with `apt-get install python3 python3-venv`";
        assert_eq!(advice(&need), text);
    }

    #[test]
    fn a_program_that_is_present_is_left_alone() {
        assert_eq!(ensure(&Need { name: "x", present: || true, packages: &[] }), Ok(()));
    }
}
