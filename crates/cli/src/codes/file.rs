//! Reads a file of codes: one code in each line, or a column of a CSV. A first line that looks like a header is not
//! read as a code. Invalid and repeated codes are rejected with their line numbers. All other codes are sent to the
//! card, always in the order of the file.

use super::header;
use crate::Failure;
use clap::ValueEnum;
use kaquan_core::id::{CODE_MAX, CodeText};
use kaquan_server::plain_cell;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One code on each line.
    Text,
    /// The codes are in the column with the header code, otherwise in the first column.
    Csv,
}

/// Options for reading a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The format; `None` means that the file name decides.
    pub format: Option<Format>,
    /// The column of a CSV: its name in the header, or its number from 1.
    pub column: Option<String>,
    /// Whether the first line is a header; `None` means that its content decides.
    pub header: Option<bool>,
}

impl From<Format> for Layout {
    fn from(format: Format) -> Layout {
        Layout { format: Some(format), ..Layout::default() }
    }
}

/// A code and its line number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The line in the file, from 1.
    pub line: u64,
    /// The code.
    pub code: String,
}

/// An entry that is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The rejected code and its line.
    pub entry: Entry,
    /// The reason.
    pub reason: RejectReason,
}

/// Why an entry is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// The code is too long; the number is its length in bytes.
    TooLong(usize),
    /// The code has a control character.
    Control,
    /// The code is repeated; the number is the line in which it comes first.
    Duplicate(u64),
}

/// A file of codes.
#[derive(Debug, PartialEq, Eq)]
pub struct CodeFile {
    /// The digest of the text and of the layout: 64 hexadecimal digits.
    pub digest: String,
    /// The number of entries, including rejected ones. Blank lines and the header do not count.
    pub lines: u64,
    /// The valid codes without repetitions, in the order of the file.
    pub codes: Vec<Entry>,
    /// The rejected entries.
    pub rejects: Vec<Reject>,
}

impl CodeFile {
    /// Reads a file; `-` is the standard input. Without a format, the extension of the file name decides.
    pub fn read(path: &Path, layout: &Layout) -> Result<CodeFile, Failure> {
        let failed = |error| format!("{}: {error}", path.display());
        let bytes = if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
            bytes
        } else {
            std::fs::read(path).map_err(failed)?
        };
        let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let format = layout.format.unwrap_or(if is_csv { Format::Csv } else { Format::Text });
        let layout = Layout { format: Some(format), ..layout.clone() };
        CodeFile::parse(&bytes, layout).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    /// Reads the content of a file.
    ///
    /// # Errors
    /// The text is not UTF-8; the columns have an invalid separator; the header does not have the column; the first
    /// line may be a header.
    pub fn parse(bytes: &[u8], layout: impl Into<Layout>) -> Result<CodeFile, Failure> {
        let layout = layout.into();
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            format!("line {line} is not UTF-8")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let entries = match layout.format {
            Some(Format::Csv) => lines_of_csv(text, &layout)?,
            _ => lines_of_text(text, &layout)?,
        };
        let digest = Sha256::new().chain_update(format!("{layout:?}\n")).chain_update(text).finalize();
        let digest = kaquan_server::hex(&digest);
        Ok(CodeFile::from_entries(digest, entries))
    }

    fn from_entries(digest: String, entries: Vec<Entry>) -> CodeFile {
        let (lines, mut seen) = (entries.len() as u64, HashMap::with_capacity(entries.len()));
        let check = |entry: &Entry, first: u64| match &entry.code {
            code if code.len() > CODE_MAX => Some(RejectReason::TooLong(code.len())),
            code if code.contains(char::is_control) => Some(RejectReason::Control),
            _ if first != entry.line => Some(RejectReason::Duplicate(first)),
            _ => None,
        };
        let reasons: Vec<Option<RejectReason>> = entries
            .iter()
            .map(|entry| check(entry, *seen.entry(entry.code.as_str()).or_insert(entry.line)))
            .collect();
        drop(seen);
        let (mut codes, mut rejects) = (Vec::with_capacity(entries.len()), Vec::new());
        for (entry, reason) in entries.into_iter().zip(reasons) {
            match reason {
                Some(reason) => rejects.push(Reject { entry, reason }),
                None => codes.push(entry),
            }
        }
        CodeFile { digest, lines, codes, rejects }
    }
}

/// Trims white space around a code. Callers skip empty results, which come from blank lines.
fn trim_code(code: &str) -> String {
    CodeText::from(code).as_str().to_owned()
}

fn lines_of_text(text: &str, layout: &Layout) -> Result<Vec<Entry>, Failure> {
    let separators = usize::from(header::separator(text).1 > 0);
    let lines =
        text.lines().zip(1..).skip(separators).map(|(code, line)| Entry { line, code: trim_code(code) });
    let mut entries: Vec<Entry> = lines.filter(|entry| !entry.code.is_empty()).collect();
    let is_header = match (layout.header, entries.first()) {
        (Some(header), _) => header,
        (None, first) => first.is_some_and(|first| header::is_name(&first.code)),
    };
    if is_header && !entries.is_empty() {
        entries.remove(0);
    } else if layout.header.is_none() {
        header::check(&entries)?;
    }
    Ok(entries)
}

fn lines_of_csv(text: &str, layout: &Layout) -> Result<Vec<Entry>, Failure> {
    let (delimiter, skipped) = header::delimiter(text)?;
    let rest = text.get(skipped..).unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(rest.as_bytes());
    let (mut columns, mut entries, mut lines) = (None, Vec::new(), LineCounter { text, at: 0, line: 1 });
    let mut is_ours = false;
    for row in reader.records() {
        let row = row?;
        let column = match columns {
            Some(column) => column,
            None => {
                let cells: Vec<&str> = row.iter().collect();
                is_ours = header::is_of_kaquan(&cells);
                let (column, is_header) = header::column(&cells, layout)?;
                columns = Some(column);
                if is_header {
                    continue;
                }
                column
            }
        };
        let line = lines.line_of(skipped as u64 + row.position().map_or(0, csv::Position::byte));
        let cell = row.get(column).unwrap_or_default();
        // In files of other programs, an apostrophe is a part of the code.
        match trim_code(&if is_ours { plain_cell(cell) } else { cell.into() }) {
            code if code.is_empty() => {}
            code => entries.push(Entry { line, code }),
        }
    }
    if layout.header.is_none() {
        header::check(&entries)?;
    }
    Ok(entries)
}

/// Finds the line number of each row. The CSV reader reports where it began to search for a row. This can be before
/// blank lines, or between `\r` and the following line feed.
struct LineCounter<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// The line number of the row that begins at this byte or after it. Ask for rows in order: the counter does not go
    /// back.
    fn line_of(&mut self, byte: u64) -> u64 {
        let bytes = self.text.as_bytes();
        let mut begin = usize::try_from(byte).unwrap_or(usize::MAX).clamp(self.at, bytes.len());
        begin += bytes[begin..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.line += bytes[self.at..begin].iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = begin;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, format: Format) -> Vec<(u64, String)> {
        let file = CodeFile::parse(text.as_bytes(), format).expect("a file of codes");
        assert_eq!(file.rejects, []);
        file.codes.into_iter().map(|entry| (entry.line, entry.code)).collect()
    }

    fn codes(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
        expected.iter().map(|(line, code)| (*line, (*code).to_owned())).collect()
    }

    #[test]
    fn a_text_has_one_code_per_line_with_any_line_ending() {
        let text = "\u{feff}a\r\n\r\n  b \nc d\n\n甲";
        assert_eq!(parsed(text, Format::Text), codes(&[(1, "a"), (3, "b"), (4, "c d"), (6, "甲")]));
        assert_eq!(parsed("", Format::Text), []);
    }

    #[test]
    fn a_csv_has_its_codes_in_the_column_of_that_name_or_else_in_the_first() {
        let named = "\u{feff}batch,Code\r\n1,a\r\n2,\"b,b\"\r\n\r\n3,\r\n4,c\r\n";
        assert_eq!(parsed(named, Format::Csv), codes(&[(2, "a"), (3, "b,b"), (6, "c")]));
        assert_eq!(parsed("a,1\nb\ncode,2\n", Format::Csv), codes(&[(1, "a"), (2, "b"), (3, "code")]));
        assert_eq!(parsed("code\na\n", Format::Csv), codes(&[(2, "a")]));
        let blank = "a\n\n\nb\n\"c\nd\"\n\ne\n";
        let file = CodeFile::parse(blank.as_bytes(), Format::Csv).expect("a file of codes");
        let lines: Vec<_> = file.codes.iter().map(|entry| (entry.line, entry.code.as_str())).collect();
        assert_eq!(lines, [(1, "a"), (4, "b"), (8, "e")]);
        assert_eq!((file.rejects[0].entry.line, file.rejects[0].reason), (5, RejectReason::Control));
        assert_eq!(parsed("code\na\n", Format::Text), codes(&[(2, "a")]));
    }

    #[test]
    fn invalid_and_repeated_codes_are_rejected() {
        let text = "a\nx23456789012345678901\nb\na\nc\u{7}\nb\na\n";
        let file = CodeFile::parse(text.as_bytes(), Format::Text).expect("a file of codes");
        let reasons: Vec<_> = file.rejects.iter().map(|reject| (reject.entry.line, reject.reason)).collect();
        assert_eq!(
            reasons,
            [
                (2, RejectReason::TooLong(21)),
                (4, RejectReason::Duplicate(1)),
                (5, RejectReason::Control),
                (6, RejectReason::Duplicate(3)),
                (7, RejectReason::Duplicate(1))
            ]
        );
        assert_eq!((file.lines, file.codes.len()), (7, 2));
    }

    #[test]
    fn a_file_is_known_by_its_content_and_how_it_is_read() {
        let digest = |text: &str, format| CodeFile::parse(text.as_bytes(), format).expect("a file").digest;
        let first = digest("a\n", Format::Text);
        assert_eq!(first, digest("\u{feff}a\n", Format::Text));
        assert_eq!(first.len(), 64);
        assert_ne!(first, digest("b\n", Format::Text));
        assert_ne!(first, digest("a\n", Format::Csv));
    }

    #[test]
    fn invalid_utf8_is_refused_with_its_line() {
        let error = CodeFile::parse(b"a\n\xd2\xbb\xff\n", Format::Text).expect_err("no UTF-8");
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
