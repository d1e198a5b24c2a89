//! Writes CSV files for spreadsheets. A cell that a spreadsheet would read as a formula gets an apostrophe in front.
//! So does a part of a cell after a semicolon or a line feed, because some spreadsheets split the cell there. Control
//! characters are made visible. The file begins with a byte order mark, by which Excel recognizes UTF-8. All CSV
//! files of kaquan are written here.

use std::borrow::Cow;
use std::io::{Result, Write};

/// The byte order mark.
const MARK: &[u8] = "\u{feff}".as_bytes();
/// Characters at the beginning of a formula, in both widths.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Characters at which a spreadsheet may split a cell although it is quoted. In much of Europe, Excel separates
/// columns with semicolons, and recognizes quotes only at the beginning of such a column.
const SPLIT: [char; 2] = [';', '\n'];

/// A CSV file.
#[derive(Debug)]
pub struct Sheet<W: Write>(csv::Writer<W>);

impl<W: Write> Sheet<W> {
    /// Begins a file. `mark` adds the byte order mark for spreadsheets; other programs do not need it.
    ///
    /// # Errors
    ///
    /// The errors of `out`.
    pub fn begin(mut out: W, mark: bool) -> Result<Sheet<W>> {
        if mark {
            out.write_all(MARK)?;
        }
        Ok(Sheet(csv::Writer::from_writer(out)))
    }

    /// Writes a row.
    ///
    /// # Errors
    ///
    /// The errors of `out`; the row has another length than the first row.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) -> Result<()> {
        for cell in cells {
            self.0.write_field(safe(cell.as_ref()).as_bytes()).map_err(io)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(io)
    }

    /// Ends the file and returns its writer.
    ///
    /// # Errors
    ///
    /// The errors of `out`.
    pub fn finish(self) -> Result<W> {
        self.0.into_inner().map_err(|error| error.into_error())
    }
}

fn io(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

/// The text of a cell in the file.
pub fn safe(cell: &str) -> Cow<'_, str> {
    let control = |char: char| char.is_control() && char != '\n';
    let visible = match cell.contains(control) {
        false => Cow::Borrowed(cell),
        true => cell
            .chars()
            .fold(String::new(), |mut text, char| {
                match control(char) {
                    true => text.push_str(&format!("\\u{:04x}", u32::from(char))),
                    false => text.push(char),
                }
                text
            })
            .into(),
    };
    if !parts(&visible).any(needs_mark) {
        return visible;
    }
    parts(&visible)
        .fold(String::new(), |text, part| text + if needs_mark(part) { "'" } else { "" } + part)
        .into()
}

/// The original cell, without the apostrophes of `safe`.
pub fn plain_cell(cell: &str) -> Cow<'_, str> {
    let unmarked = |part| match str::strip_prefix(part, '\'') {
        Some(rest) if needs_mark(rest) => rest,
        _ => part,
    };
    parts(cell).map(unmarked).collect()
}

/// The parts of a cell, each with its last character, the separator.
fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split_inclusive(SPLIT)
}

/// Whether this part needs an apostrophe. The part may end in a separator.
fn needs_mark(part: &str) -> bool {
    is_formula(part.trim_end_matches(SPLIT).trim_start_matches('\''))
}

/// Whether a spreadsheet may read this as a formula. Plain numbers are not formulas. Quotes at the beginning are
/// ignored, because in a split cell they are read as quotes of CSV.
fn is_formula(part: &str) -> bool {
    part.trim_start_matches(|c: char| c == '"' || c.is_whitespace()).starts_with(FORMULA)
        && !is_negative_number(part)
}

fn is_negative_number(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    cell.strip_prefix('-').is_some_and(|number| match number.split_once('.') {
        None => digits(number),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_a_number_stays_one() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("+86 10", "'+86 10"),
            ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ("＝1", "'＝1"),
            ("\t=1", "\\u0009=1"),
            ("\r=1", "\\u000d=1"),
            ("\n=1", "\n'=1"),
            ("x;=HYPERLINK(\"http://a\")", "x;'=HYPERLINK(\"http://a\")"),
            ("x; +1;@a;-5;-", "x;' +1;'@a;-5;'-"),
            ("x\n=1\n;=2", "x\n'=1\n;'=2"),
            ("x;\"=1", "x;'\"=1"),
            ("=1;=2", "'=1;'=2"),
            ("a;b", "a;b"),
            ("'=1", "''=1"),
            ("\u{1b}[2J\u{9b}", "\\u001b[2J\\u009b"),
            ("-", "'-"),
            ("-5", "-5"),
            ("-0.50", "-0.50"),
            ("-5.", "'-5."),
            ("5", "5"),
            ("a=b", "a=b"),
            ("'tis", "'tis"),
            ("卡券", "卡券"),
            ("", ""),
        ] {
            assert_eq!(safe(cell), expected, "{cell:?}");
        }
    }

    #[test]
    fn a_cell_without_control_characters_comes_back_as_it_was() {
        for cell in [
            "=1",
            "'=1",
            "''=1",
            "'",
            "'a",
            "-5",
            "'-5",
            "-",
            "+1",
            "a",
            "",
            "a;=1;",
            "a;'=1",
            "=1;'-\n;@",
            ";;",
        ] {
            assert_eq!(plain_cell(&safe(cell)), cell, "{cell:?}");
        }
    }

    #[test]
    fn a_sheet_begins_with_a_mark_unless_it_is_for_a_program() {
        let written = |mark| {
            let mut sheet = Sheet::begin(Vec::new(), mark).unwrap();
            sheet.row(["name", "amount"]).unwrap();
            sheet.row(["=a,\"b\"", "-5"]).unwrap();
            String::from_utf8(sheet.finish().unwrap()).unwrap()
        };
        let rows = "name,amount\n\"'=a,\"\"b\"\"\",-5\n";
        assert_eq!(written(false), rows);
        assert_eq!(written(true), format!("\u{feff}{rows}"));
    }
}
