//! Finds single strings in the JSON that cargo and kaquan print. The commands need no other JSON. So this crate has
//! no dependencies, and `cargo xtask` starts quickly on a new machine.

/// The value of the first `"key":"…"` in the text. A key inside a string value is found too, but the messages here
/// have none.
pub fn string(text: &str, key: &str) -> Option<String> {
    let label = format!("\"{key}\"");
    text.match_indices(&label).find_map(|(at, label)| {
        let value =
            text[at + label.len()..].trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        unescape(value)
    })
}

/// Reads up to the closing quote. Paths and names are printed as UTF-8, so `\u` escapes do not occur.
fn unescape(value: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = value.chars();
    loop {
        match chars.next()? {
            '"' => return Some(out),
            '\\' => match chars.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                plain @ ('"' | '\\' | '/') => out.push(plain),
                _ => return None,
            },
            plain => out.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_found_with_and_without_spaces() {
        assert_eq!(string(r#"{"appid":"wx1","secret": "s"}"#, "appid").as_deref(), Some("wx1"));
        assert_eq!(string(r#"{"appid":"wx1","secret" : "s"}"#, "secret").as_deref(), Some("s"));
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(string(r#"{"executable":"C:\\a \"b\""}"#, "executable").as_deref(), Some(r#"C:\a "b""#));
    }

    #[test]
    fn an_absent_null_or_cut_value_is_not_a_string() {
        assert_eq!(string(r#"{"executable":null}"#, "executable"), None);
        assert_eq!(string(r#"{"executable":"target/de"#, "executable"), None);
        assert_eq!(string("{}", "executable"), None);
    }
}
