//! The report of an import: its numbers as text and as JSON, and a CSV file of all lines that were not imported.

use super::file::{CodeFile, RejectReason};
use crate::Failure;
use kaquan_server::Sheet;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};

/// The outcome of an import. Codes are identified by their positions among the sent codes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many codes an earlier run had processed.
    pub resumed: u64,
    /// How many codes are imported, including those of an earlier run.
    pub imported: u64,
    /// Codes that the card already had.
    pub duplicates: Vec<u64>,
    /// Texts that the server did not accept as codes.
    pub fails: Vec<u64>,
}

/// The outcome in numbers.
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    lines: u64,
    codes: u64,
    resumed: u64,
    imported: u64,
    before: u64,
    twice: u64,
    rejected: u64,
}

impl Summary {
    /// Computes the numbers.
    pub fn new(file: &CodeFile, outcome: &Outcome) -> Summary {
        let twice =
            file.rejects.iter().filter(|reject| matches!(reject.reason, RejectReason::Duplicate(_))).count();
        Summary {
            lines: file.lines,
            codes: file.codes.len() as u64,
            resumed: outcome.resumed,
            imported: outcome.imported,
            before: outcome.duplicates.len() as u64,
            twice: twice as u64,
            rejected: (file.rejects.len() - twice + outcome.fails.len()) as u64,
        }
    }

    /// The numbers as text.
    pub fn text(&self, reported: bool) -> String {
        let Summary { lines, codes, resumed, imported, before, twice, rejected } = self;
        let mut text = format!(
            "lines              {lines}\nimported           {imported}\nimported before    {before}\n\
             twice in the file  {twice}\nrejected           {rejected}\n"
        );
        if *resumed > 0 && resumed == codes {
            text.push_str("This file was imported before; this is the result of that time.\n");
        } else if *resumed > 0 {
            text.push_str(&format!("The first {resumed} codes were processed by an earlier run.\n"));
        }
        if !reported && before + twice + rejected > 0 {
            text.push_str(
                "Run it again with --report FILE for a list of the lines that were not imported.\n",
            );
        }
        text
    }

    /// The numbers as JSON.
    pub fn json(&self) -> Value {
        json!({
            "lines": self.lines, "imported": self.imported, "imported_before": self.before,
            "twice_in_file": self.twice, "rejected": self.rejected, "resumed_from": self.resumed,
        })
    }
}

/// The columns of the CSV file with the lines that were not imported.
pub const COLUMNS: [&str; 4] = ["line", "code", "reason", "detail"];

/// Writes every line that was not imported, in the order of the file: `line,code,reason,detail`.
pub fn write(to: File, mark: bool, file: &CodeFile, outcome: &Outcome) -> Result<(), Failure> {
    let mut rows: Vec<(u64, &str, &str, String)> = Vec::new();
    for reject in &file.rejects {
        let (reason, detail) = match reject.reason {
            RejectReason::TooLong(bytes) => ("too long", format!("{bytes} bytes")),
            RejectReason::Control => ("control character", String::new()),
            RejectReason::Duplicate(line) => ("twice in the file", format!("line {line}")),
        };
        rows.push((reject.entry.line, &reject.entry.code, reason, detail));
    }
    for (places, reason) in [(&outcome.duplicates, "imported before"), (&outcome.fails, "too long")] {
        let entries = places.iter().filter_map(|place| file.codes.get(usize::try_from(*place).ok()?));
        rows.extend(entries.map(|entry| (entry.line, entry.code.as_str(), reason, String::new())));
    }
    rows.sort_unstable_by_key(|(line, ..)| *line);
    let mut sheet = Sheet::begin(BufWriter::new(to), mark)?;
    sheet.row(COLUMNS)?;
    for (line, code, reason, detail) in rows {
        sheet.row([&line.to_string(), code, reason, &detail])?;
    }
    sheet.finish()?.flush()?;
    Ok(())
}
