//! Prints the numbers of days as a table, as CSV and as JSON. The columns of all three come from [`Counts`].

use crate::Failure;
use kaquan_core::stats::Counts;
use kaquan_core::time::Day;
use kaquan_server::Sheet;
use serde_json::{Map, Value};

/// The numbers of one day and one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The day.
    pub day: Day,
    /// The card_id, or the name of a sum, such as `coupons` or `members (console)`.
    pub scope: String,
    /// The numbers.
    pub counts: Counts,
}

impl Line {
    fn cells(&self) -> Vec<String> {
        let numbers = self.counts.values().map(|number| number.to_string());
        [self.day.to_string(), self.scope.clone()].into_iter().chain(numbers).collect()
    }
}

fn header() -> Vec<String> {
    ["ref_date", "scope"].iter().chain(Counts::NAMES).map(|name| (*name).to_owned()).collect()
}

/// The numbers as text in aligned columns, without columns that are 0 in every line.
pub fn text(lines: &[Line]) -> String {
    let rows: Vec<Vec<String>> = std::iter::once(header()).chain(lines.iter().map(Line::cells)).collect();
    let shown = |column: usize| column < 2 || rows.iter().skip(1).any(|row| row[column] != "0");
    let columns: Vec<usize> = (0..rows[0].len()).filter(|column| shown(*column)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = columns.iter().map(|column| width(*column)).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = columns.iter().zip(&widths).map(|(column, width)| {
            let cell = &row[*column];
            if *column < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// The numbers as CSV.
pub fn csv(lines: &[Line], mark: bool) -> Result<String, Failure> {
    let mut sheet = Sheet::begin(Vec::new(), mark)?;
    for row in std::iter::once(header()).chain(lines.iter().map(Line::cells)) {
        sheet.row(row)?;
    }
    Ok(String::from_utf8(sheet.finish()?)?)
}

/// The numbers as JSON.
pub fn json(lines: &[Line]) -> String {
    let rows = lines.iter().map(|line| {
        let mut row = Map::new();
        row.insert("ref_date".to_owned(), line.day.to_string().into());
        row.insert("scope".to_owned(), line.scope.clone().into());
        for (name, number) in Counts::NAMES.iter().zip(line.counts.values()) {
            row.insert((*name).to_owned(), number.into());
        }
        Value::from(row)
    });
    Value::from_iter(rows).to_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        let counts = Counts { view_cnt: 12, view_user: 3, ..Counts::default() };
        vec![Line { day: Day::parse("2026-05-01").unwrap(), scope: "coupons".to_owned(), counts }]
    }

    #[test]
    fn a_table_omits_columns_that_are_zero_in_every_row() {
        assert_eq!(
            text(&lines()),
            "ref_date    scope    view_cnt  view_user\n2026-05-01  coupons        12          3\n"
        );
    }

    #[test]
    fn csv_and_json_have_every_number() {
        assert!(csv(&lines(), false).unwrap().starts_with("ref_date,scope,view_cnt,view_user,receive_cnt"));
        let json: Value = serde_json::from_str(&json(&lines())).unwrap();
        assert_eq!(json[0]["view_user"], 3);
        assert_eq!(json[0]["fee"], 0);
    }
}
