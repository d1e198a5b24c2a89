//! The pages in `docs/` that are written from kaquan's own tables say what the tables say.

use std::path::Path;
use std::process::Command;

#[test]
fn the_pages_in_docs_are_the_ones_the_binary_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (language, folder) in [("en", "docs"), ("zh", "docs/zh-CN")] {
        for page in ["api", "differences", "errors", "fields"] {
            let output = Command::new(env!("CARGO_BIN_EXE_kaquan"))
                .args(["manual", page, "--lang", language])
                .output()
                .expect("kaquan runs");
            let path = root.join(folder).join(format!("{page}.md"));
            let kept = std::fs::read_to_string(&path).expect("the page is there");
            let printed = String::from_utf8(output.stdout).expect("the page is UTF-8");
            assert!(kept == printed, "{} is out of date: run cargo xtask docs", path.display());
        }
    }
}
