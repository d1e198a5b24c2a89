//! `cargo xtask docs`: writes the pages of the manual that kaquan prints from its own tables.
//! The tests of the binary fail while a page in `docs/` says anything else.

use crate::{Result, workspace};
use std::process::Command;

/// The pages, and the folder of each language.
const PAGES: [&str; 4] = ["api", "differences", "errors", "fields"];
const LANGUAGES: [(&str, &str); 2] = [("en", "docs"), ("zh", "docs/zh-CN")];

/// Runs the command.
pub fn run(args: &[String]) -> Result<bool> {
    crate::no_arguments(args)?;
    let kaquan = workspace::build_kaquan()?;
    for (language, folder) in LANGUAGES {
        for page in PAGES {
            let path = workspace::root().join(folder).join(format!("{page}.md"));
            let output = Command::new(&kaquan).args(["manual", page, "--lang", language]).output()?;
            if !output.status.success() {
                eprintln!("{}", String::from_utf8_lossy(&output.stderr));
                return Ok(false);
            }
            std::fs::write(&path, output.stdout)?;
            println!("wrote {}", path.display());
        }
    }
    Ok(true)
}
