//! Rules about the documents: links between them have a target, and the two READMEs have the same structure.

use super::{File, Finding, Project};

/// Every link to a file or folder of the project, or to a heading in a document, has a target.
pub fn links(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in project.with_extension("md") {
        for (number, line) in prose(file) {
            for target in targets(line) {
                if let Some(problem) = problem(project, file, target) {
                    findings.push(Finding::new(file, number, format!("`{target}`: {problem}")));
                }
            }
        }
    }
    findings
}

/// README.md and README.zh-CN.md have the same number of headings and code blocks, because additions to one must be
/// made in the other.
pub fn twins(project: &Project) -> Vec<Finding> {
    let [english, chinese] = ["README.md", "README.zh-CN.md"].map(|path| project.file(path));
    let (english, chinese) = match (english, chinese) {
        (Some(english), Some(chinese)) => (english, chinese),
        (None, None) => return Vec::new(),
        (Some(alone), None) | (None, Some(alone)) => return vec![Finding::new(alone, 1, "has no twin")],
    };
    let mut findings = Vec::new();
    for (what, count) in [("headings", headings as fn(&File) -> usize), ("code blocks", code_blocks)] {
        let (ours, theirs) = (count(chinese), count(english));
        if ours != theirs {
            let message = format!("{ours} {what}, but {theirs} in {}", english.path);
            findings.push(Finding::new(chinese, 1, message));
        }
    }
    findings
}

fn headings(file: &File) -> usize {
    prose(file).filter(|(_, line)| heading(line).is_some()).count()
}

fn code_blocks(file: &File) -> usize {
    file.lines().filter(|(_, line)| is_fence(line)).count() / 2
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

/// The text of a heading.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    (1..=6).contains(&(line.len() - text.len())).then(|| text.strip_prefix(' ')).flatten()
}

/// The lines outside code blocks.
fn prose(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    file.lines().filter(move |(_, line)| {
        if is_fence(line) {
            in_code = !in_code;
            return false;
        }
        !in_code
    })
}

/// The targets of `[text](target)`, `![picture](target)` and `[label]: target`. Code between backticks is not a link.
fn targets(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let definition = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
    found.extend(definition.and_then(|(_, target)| target.split_whitespace().next()));
    for text in line.split('`').step_by(2) {
        for (at, mark) in text.match_indices("](") {
            let target = text[at + mark.len()..].split(')').next().unwrap_or("");
            found.extend(target.split_whitespace().next());
        }
    }
    found
}

/// Why the target of a link does not exist; `None` if it exists or is outside of the project.
fn problem(project: &Project, from: &File, target: &str) -> Option<&'static str> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let Some(path) = resolve(&from.path, path) else { return Some("leads out of the project") };
    if !path.is_empty() && !project.paths.contains(&path) {
        return Some("there is no such file");
    }
    let anchor = anchor?;
    let document = project.file(&path).filter(|file| file.extension() == "md")?;
    (!anchors(document).iter().any(|known| known == anchor)).then_some("there is no such heading")
}

/// The path of a link, relative to the root; `None` if it is outside of the root.
fn resolve(from: &str, link: &str) -> Option<String> {
    if link.is_empty() {
        return Some(from.to_owned());
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The anchors that the usual renderers make from headings: lower case, without punctuation, with dashes for spaces.
/// Further headings with the same text get a number at the end.
fn anchors(file: &File) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for text in prose(file).filter_map(|(_, line)| heading(line)) {
        let kept = text.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let numbered = (1..).map(|n| format!("{anchor}-{n}"));
        let free = std::iter::once(anchor.clone()).chain(numbered).find(|name| !anchors.contains(name));
        anchors.extend(free);
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    #[test]
    fn a_link_to_a_file_or_folder_that_is_not_there_is_found() {
        let text = "[a](b.md) and [c](gone.md)\n![p](../src/x.rs) [d](../docs)\n[up](../../etc)\n[ref]: nowhere.md\n";
        let project = Project::of(&[("docs/a.md", text), ("docs/b.md", "# B\n"), ("src/x.rs", "//! x\n")]);
        assert_eq!(places(&links(&project)), ["docs/a.md:1", "docs/a.md:3", "docs/a.md:4"]);
    }

    #[test]
    fn a_link_to_a_heading_that_is_not_there_is_found() {
        let text = "# One\n[x](b.md#发行-卡券)\n[x](b.md#two-words-1)\n[x](#one)\n[x](#two)\n";
        let other = "## 发行 卡券\n## `Two` words!\n## Two words\n";
        let project = Project::of(&[("a.md", text), ("b.md", other)]);
        assert_eq!(places(&links(&project)), ["a.md:5"]);
    }

    #[test]
    fn code_and_addresses_are_not_links_into_the_project() {
        let text =
            "```\n[a](gone.md)\n```\n`[b](gone.md)` [c](https://example.com/x) [d](mailto:a@example.com)\n";
        assert_eq!(links(&Project::of(&[("a.md", text)])), []);
    }

    #[test]
    fn readmes_with_different_parts_are_found() {
        let (english, same) = ("# A\n## B\n```sh\n# not a heading\n```\n", "# 甲\n## 乙\n```sh\nx\n```\n");
        let check =
            |chinese| twins(&Project::of(&[("README.md", english), ("README.zh-CN.md", chinese)])).len();
        assert_eq!(check(same), 0);
        assert_eq!(check("# 甲\n```sh\nx\n```\n"), 1);
        assert_eq!(check("# 甲\n"), 2);
    }

    #[test]
    fn a_readme_without_its_twin_is_found() {
        assert_eq!(places(&twins(&Project::of(&[("README.md", "# A\n")]))), ["README.md:1"]);
        assert_eq!(twins(&Project::default()), []);
    }
}
