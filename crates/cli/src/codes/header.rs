//! The first line of a file of codes: whether it is a header, which column has the codes, and which character
//! separates the columns.

use super::file::{Entry, Layout};
use super::{export, report};
use crate::Failure;

/// Usual names of the column with the codes, in small letters and without spaces, hyphens and underscores.
const NAMES: &[&str] = &[
    "code",
    "codes",
    "couponcode",
    "vouchercode",
    "cardcode",
    "giftcode",
    "promocode",
    "serialcode",
    "serialnumber",
    "coupon",
    "voucher",
    "卡券码",
    "券码",
    "卡码",
    "码",
    "编码",
    "兑换码",
    "优惠码",
    "优惠券码",
    "卡号",
    "券号",
    "序列号",
    "串码",
    "卡券code",
    "卡券编码",
    "code码",
    "コード",
    "クーポンコード",
    "코드",
    "쿠폰코드",
    "код",
    "código",
    "gutscheincode",
    "rabattcode",
];

/// Whether a cell is a usual name of the column with the codes.
pub fn is_name(cell: &str) -> bool {
    let cell: String =
        cell.to_lowercase().chars().filter(|c| !c.is_whitespace() && !"-_".contains(*c)).collect();
    NAMES.contains(&cell.as_str())
}

/// Whether a first row is the header of a file that kaquan wrote. In such a file, apostrophes keep spreadsheets from
/// reading cells as formulas.
pub fn is_of_kaquan(row: &[&str]) -> bool {
    row == export::COLUMNS || row == report::COLUMNS
}

/// The separator of columns, and the number of bytes at the beginning that declare it. Spreadsheets write `sep=;` as
/// a separate line, sometimes in quotes.
pub fn separator(text: &str) -> (char, usize) {
    let (line, end) = match text.find('\n') {
        Some(end) => (&text[..end], end + 1),
        None => (text, text.len()),
    };
    let line = line.trim_end_matches('\r');
    let line = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
    // A tab or a space may be the separator. After another character, spaces have no meaning.
    let said = line.strip_prefix("sep=").unwrap_or_default();
    let mut chars = if said.trim_end().is_empty() { said } else { said.trim_end() }.chars();
    match (chars.next(), chars.next()) {
        (Some(delimiter), None) => (delimiter, end),
        _ => (',', 0),
    }
}

/// As [`separator`], for a CSV file, whose separator is a single byte.
///
/// # Errors
/// The separator is not an ASCII character, or is a quote.
pub fn delimiter(text: &str) -> Result<(u8, usize), Failure> {
    let (delimiter, skipped) = separator(text);
    match u8::try_from(delimiter) {
        Ok(byte) if byte.is_ascii() && byte != b'"' => Ok((byte, skipped)),
        _ => Err(format!(
            "line 1 names {delimiter:?} as the separator of columns; it must be a comma, a semicolon or a tab"
        )
        .into()),
    }
}

/// How many characters of a line an error shows.
const SHOWN: usize = 80;

/// At most [`SHOWN`] characters from the beginning of a line.
fn shown(line: &str) -> String {
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// The column of the codes, and whether this first row is a header.
///
/// # Errors
/// The row does not have the column; a header has several columns, and none has a usual name.
pub fn column(row: &[&str], layout: &Layout) -> Result<(usize, bool), Failure> {
    if let Some(asked) = &layout.column {
        let by_name = row.iter().position(|cell| cell.eq_ignore_ascii_case(asked.trim()));
        let number = asked.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        return match (by_name, number) {
            (Some(column), _) if layout.header != Some(false) => Ok((column, true)),
            (_, Some(column)) => {
                let is_name = row.get(column).is_some_and(|cell| is_name(cell));
                Ok((column, layout.header.unwrap_or(is_name)))
            }
            _ => Err(format!("line 1 has no column {asked:?}; it has {}", shown(&row.join(", "))).into()),
        };
    }
    let named = row.iter().position(|cell| is_name(cell)).filter(|_| layout.header != Some(false));
    match (named, layout.header) {
        (Some(column), _) => Ok((column, true)),
        (None, Some(true)) if row.len() > 1 => {
            let row = shown(&row.join(", "));
            Err(format!("line 1 names no column of codes; choose one with --column: {row}").into())
        }
        (None, header) => Ok((0, header == Some(true))),
    }
}

/// Refuses codes if the first one looks like a header in an unknown language: it has no digit, and all others have
/// one.
///
/// # Errors
/// The first code looks like a header. The error says which options to use.
pub fn check(entries: &[Entry]) -> Result<(), Failure> {
    let has_digit = |entry: &Entry| entry.code.chars().any(char::is_numeric);
    match entries {
        [first, others @ ..] if !others.is_empty() && !has_digit(first) && others.iter().all(has_digit) => {
            let (line, code) = (first.line, shown(&first.code));
            Err(format!(
                "line {line}, {code:?}, looks like a header; say --header yes if it is one, --header no if it is a \
                 code, or choose the column with --column"
            )
            .into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::{CodeFile, Format};
    use super::*;

    fn codes(text: &str, layout: &Layout) -> Result<Vec<String>, String> {
        let file = CodeFile::parse(text.as_bytes(), layout.clone()).map_err(|error| error.to_string())?;
        Ok(file.codes.into_iter().map(|entry| entry.code).collect())
    }

    fn csv() -> Layout {
        Layout::from(Format::Csv)
    }

    #[test]
    fn a_header_is_known_in_several_languages() {
        for name in
            ["code", "Code", " Coupon Code ", "coupon_code", "卡券码", "兑换码", "クーポンコード", "Código"]
        {
            for format in [Format::Text, Format::Csv] {
                let text = format!("\u{feff}{name}\r\nA1\r\nA2\r\n");
                assert_eq!(codes(&text, &format.into()), Ok(vec!["A1".into(), "A2".into()]), "{name}");
            }
        }
    }

    #[test]
    fn a_first_line_that_may_be_a_header_is_asked_about() {
        let text = "Gutscheine\nA1\nA2\n";
        for format in [Format::Text, Format::Csv] {
            let layout = Layout::from(format);
            assert!(codes(text, &layout).expect_err("a question").contains("--header"));
            let said = |header| Layout { header: Some(header), ..layout.clone() };
            assert_eq!(codes(text, &said(true)), Ok(vec!["A1".into(), "A2".into()]));
            assert_eq!(codes(text, &said(false)), Ok(vec!["Gutscheine".into(), "A1".into(), "A2".into()]));
        }
    }

    #[test]
    fn a_column_is_chosen_by_name_or_number() {
        let text = "批次,Gutscheine\n1,A1\n2,A2\n";
        let by = |column: &str| Layout { column: Some(column.into()), ..csv() };
        assert_eq!(codes(text, &by("gutscheine")), Ok(vec!["A1".into(), "A2".into()]));
        assert!(codes(text, &by("2")).expect_err("a question").contains("--header"));
        let second = Layout { header: Some(true), ..by("2") };
        assert_eq!(codes(text, &second), Ok(vec!["A1".into(), "A2".into()]));
        assert!(codes(text, &by("code")).expect_err("no such column").contains("Gutscheine"));
        assert!(
            codes(text, &Layout { header: Some(true), ..csv() }).expect_err("which").contains("--column")
        );
    }

    #[test]
    fn a_sep_line_names_the_separator_of_columns() {
        for (text, expected) in [
            ("sep=;\r\nbatch;code\r\n1;A,1\r\n", "A,1"),
            ("\u{feff}sep=;\nbatch;code\n1;A,1\n", "A,1"),
            ("sep=\t\nbatch\tcode\n1\tA;1\n", "A;1"),
            ("sep=,\nbatch,code\n1,A;1\n", "A;1"),
        ] {
            let file = CodeFile::parse(text.as_bytes(), Format::Csv).expect("a file");
            let found: Vec<_> = file.codes.iter().map(|entry| (entry.line, entry.code.as_str())).collect();
            assert_eq!(found, [(3, expected)], "{text:?}");
        }
    }

    #[test]
    fn a_sep_line_is_never_a_code() {
        for line in ["sep=;", "\"sep=;\"", "sep=；", "sep=\"", "sep= ", "sep=\t"] {
            let text = format!("{line}\r\nA1\r\nA2\r\n");
            assert_eq!(codes(&text, &Format::Text.into()), Ok(vec!["A1".into(), "A2".into()]), "{line}");
        }
        assert_eq!(codes("\"sep=;\"\nbatch;code\n1;A,1\n", &csv()), Ok(vec!["A,1".into()]));
        for line in ["sep=；", "sep=\""] {
            let error = codes(&format!("{line}\nA1\nA2\n"), &csv()).expect_err("a question");
            assert!(error.contains("separator of columns"), "{error}");
        }
    }

    #[test]
    fn an_apostrophe_is_a_mark_in_files_of_kaquan_only() {
        let cells = ["'=1", "x;'=1", "''a", "'5"];
        let rows = |header: &str, line: &dyn Fn(&str) -> String| {
            cells.iter().fold(format!("{header}\n"), |text, cell| text + &line(cell) + "\n")
        };
        let texts = |of: [&str; 4]| Ok(of.map(str::to_owned).to_vec());
        for header in ["code", "code,n"] {
            let other = rows(header, &|cell| format!("{cell},1"));
            assert_eq!(codes(&other, &csv()), texts(cells), "{header}");
        }
        let own = rows(&report::COLUMNS.join(","), &|cell| format!("1,{cell},,"));
        assert_eq!(codes(&own, &csv()), texts(["=1", "x;=1", "''a", "'5"]));
        let own = rows(&export::COLUMNS.join(","), &|cell| format!("{cell},,,,,,,"));
        assert_eq!(codes(&own, &csv()), texts(["=1", "x;=1", "''a", "'5"]));
    }

    #[test]
    fn a_long_first_line_is_shown_by_its_beginning() {
        let long = "长x".repeat(5_000_000);
        for text in [format!("{long}\nA1\n"), format!("{long},b\nA1,1\n")] {
            let layout = Layout { column: text.contains(',').then(|| "other".to_owned()), ..csv() };
            let error = codes(&text, &layout).expect_err("a question");
            assert!(error.contains("长x长x") && error.chars().count() < 300, "{}", error.len());
        }
    }

    #[test]
    fn blanks_of_every_kind_around_a_code_are_cut() {
        let text = "code,n\n\u{3000}A1\u{a0},1\n \u{3000} ,2\n";
        assert_eq!(codes(text, &csv()), Ok(vec!["A1".into()]));
    }
}
