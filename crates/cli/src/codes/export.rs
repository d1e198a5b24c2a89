//! `kaquan codes export`: prints the codes of a card page by page, so that even a large card needs little memory.

use super::CardArgs;
use crate::{Failure, data, out};
use clap::ValueEnum;
use kaquan_core::card::Card;
use kaquan_core::code::{Code, CodeCipher, CodeState};
use kaquan_core::id::{CodeSeq, CodeText};
use kaquan_core::time::{End, Timestamp};
use kaquan_ledger::{Clock, SystemClock};
use kaquan_server::Sheet;
use kaquan_store::{AppRow, Store};
use serde_json::{Value, json};
use std::io::{ErrorKind, Write};

/// Codes in one read.
const CODES_PER_READ: usize = 4_000;
/// The state of an imported code that is not claimed.
const WAITING: &str = "DEPOSITED";

/// Flags of `kaquan codes export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    card: CardArgs,
    /// States of the codes, with commas, such as NORMAL,CONSUMED; DEPOSITED: imported and not claimed [default: all].
    #[arg(long, value_delimiter = ',', value_name = "STATE", value_parser = state)]
    state: Vec<&'static str>,
    /// Format of the output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Omit the byte order mark of CSV, which spreadsheets expect.
    #[arg(long)]
    no_bom: bool,
}

/// How codes are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Only the codes, one per line.
    Text,
    /// For spreadsheets, times at UTC+8.
    Csv,
    /// For programs, times in Unix seconds.
    Json,
}

fn state(name: &str) -> Result<&'static str, String> {
    let states = CodeState::ALL.iter().copied().map(CodeState::wire);
    let names: Vec<&str> = std::iter::once(WAITING).chain(states).collect();
    let wanted = name.trim();
    let found = names.iter().find(|known| known.eq_ignore_ascii_case(wanted)).copied();
    found.ok_or_else(|| format!("must be among {}", names.join(", ")))
}

/// Runs the command.
pub fn run(store: &dyn Store, args: &Args) -> Result<(), Failure> {
    let app = data::app(store, args.card.app.as_deref())?;
    let card = args.card.find(store, app.app.id, &app.appid)?;
    match print(store, &app, &card, args) {
        Err(error) if is_broken_pipe(&error) => Ok(()),
        done => done,
    }
}

/// Whether the reader has closed the pipe, as `head` does after ten lines.
fn is_broken_pipe(error: &Failure) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn print(store: &dyn Store, app: &AppRow, card: &Card, args: &Args) -> Result<(), Failure> {
    let (id, now) = (app.app.id, SystemClock.now());
    let wanted = |state: &str| args.state.is_empty() || args.state.contains(&state);
    let mut printer = Printer::begin(out::stream(), args.format, !args.no_bom)?;
    // Unclaimed codes come first. A code that is claimed during the export may be printed twice, but no code is
    // missing.
    let mut place = if wanted(WAITING) { Some(0) } else { None };
    while let Some(from) = place {
        let codes = store.waiting_codes(id, card.no, from, CODES_PER_READ)?;
        codes.iter().try_for_each(|(_, text)| printer.row(&Row::waiting(text)))?;
        place = next_page(codes.len(), codes.last().map(|(place, _)| place + 1));
    }
    let cipher = CodeCipher::new(&app.code_key).ok_or("the app's key is damaged")?;
    let mut seq = Some(CodeSeq(0));
    while let Some(from) = seq {
        let codes = store.codes_of_card(id, card.no, from, CODES_PER_READ)?;
        for code in &codes {
            let state = code.state_at(&app.app, card, now).wire();
            if wanted(state) {
                let text = code.custom.clone().or_else(|| cipher.text(code.seq));
                let text = text.ok_or_else(|| format!("code {} has no text", code.seq))?;
                printer.row(&Row::issued(text, state, card, code))?;
            }
        }
        seq = next_page(codes.len(), codes.last().map(|code| CodeSeq(code.seq.0 + 1)));
    }
    printer.end()
}

/// The cursor of the next page; `None` if this page was not full.
fn next_page<T>(read: usize, next: Option<T>) -> Option<T> {
    next.filter(|_| read == CODES_PER_READ)
}

/// The columns of an export.
pub const COLUMNS: [&str; 8] =
    ["code", "state", "openid", "claimed_at", "begin_time", "end_time", "changed_at", "outer_str"];

/// A line of the export.
struct Row {
    code: CodeText,
    state: &'static str,
    issued: Option<IssuedColumns>,
}

/// The columns that are filled only for claimed codes.
struct IssuedColumns {
    openid: String,
    outer_str: String,
    claimed_at: Timestamp,
    changed_at: Timestamp,
    begin: Timestamp,
    end: End,
}

impl Row {
    fn waiting(code: &CodeText) -> Row {
        Row { code: code.clone(), state: WAITING, issued: None }
    }

    fn issued(text: CodeText, state: &'static str, card: &Card, code: &Code) -> Row {
        let window = code.window(card);
        let issued = IssuedColumns {
            openid: code.openid.as_str().to_owned(),
            outer_str: code.outer_str.clone().unwrap_or_default(),
            claimed_at: code.claimed_at,
            changed_at: code.changed_at,
            begin: window.begin,
            end: window.end,
        };
        Row { code: text, state, issued: Some(issued) }
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.code.as_str().to_owned(), self.state.to_owned()];
        if let Some(IssuedColumns { openid, outer_str, claimed_at, changed_at, begin, end }) = &self.issued {
            cells.push(openid.clone());
            let (begin, end) = (Some(*begin).filter(|begin| begin.0 != 0), end.moment());
            let times = [Some(*claimed_at), begin, end, Some(*changed_at)];
            cells.extend(times.map(|at| at.map_or_else(String::new, local_time)));
            cells.push(outer_str.clone());
        }
        cells.resize(COLUMNS.len(), String::new());
        cells
    }

    fn json(&self) -> Value {
        let (code, state) = (self.code.as_str(), self.state);
        match &self.issued {
            None => json!({"code": code, "state": state}),
            Some(issued) => json!({
                "code": code, "state": state, "openid": issued.openid, "claimed_at": issued.claimed_at.0,
                "begin_time": issued.begin.0, "end_time": issued.end.secs(), "changed_at": issued.changed_at.0,
                "outer_str": issued.outer_str,
            }),
        }
    }
}

/// The text of a time in UTC+8: `2026-05-01 12:00:00`.
fn local_time(at: Timestamp) -> String {
    let (day, second) = (at.day(), at.0 - at.day().start().0);
    format!("{day} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// Prints each row at once, without collecting the rows.
enum Printer<W: Write> {
    Text(W),
    Csv(Box<Sheet<W>>),
    /// The flag is true until the first row is printed.
    Json(W, bool),
}

impl<W: Write> Printer<W> {
    fn begin(mut out: W, format: Format, mark: bool) -> Result<Printer<W>, Failure> {
        Ok(match format {
            Format::Text => Printer::Text(out),
            Format::Csv => {
                let mut sheet = Sheet::begin(out, mark)?;
                sheet.row(COLUMNS)?;
                Printer::Csv(Box::new(sheet))
            }
            Format::Json => {
                out.write_all(b"[")?;
                Printer::Json(out, true)
            }
        })
    }

    fn row(&mut self, row: &Row) -> Result<(), Failure> {
        match self {
            Printer::Text(out) => writeln!(out, "{}", row.code)?,
            Printer::Csv(sheet) => sheet.row(row.cells())?,
            Printer::Json(out, first) => {
                let before = if std::mem::take(first) { "\n" } else { ",\n" };
                write!(out, "{before}{}", row.json())?;
            }
        }
        Ok(())
    }

    fn end(self) -> Result<(), Failure> {
        match self {
            Printer::Text(mut out) => out.flush()?,
            Printer::Csv(sheet) => sheet.finish()?.flush()?,
            Printer::Json(mut out, _) => {
                out.write_all(b"\n]\n")?;
                out.flush()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(format: Format, rows: &[Row]) -> String {
        let mut text = Vec::new();
        let mut printer = Printer::begin(&mut text, format, false).unwrap();
        rows.iter().for_each(|row| printer.row(row).unwrap());
        printer.end().unwrap();
        String::from_utf8(text).unwrap()
    }

    fn rows() -> [Row; 2] {
        let issued = IssuedColumns {
            openid: "o1".to_owned(),
            outer_str: "a,b".to_owned(),
            claimed_at: Timestamp(1_795_399_200),
            changed_at: Timestamp(1_795_399_261),
            begin: Timestamp(1_795_363_200),
            end: End::Never,
        };
        [Row::waiting(&"w".into()), Row { code: "i".into(), state: "NORMAL", issued: Some(issued) }]
    }

    #[test]
    fn each_format_has_all_codes() {
        assert_eq!(printed(Format::Text, &rows()), "w\ni\n");
        let csv = "code,state,openid,claimed_at,begin_time,end_time,changed_at,outer_str\nw,DEPOSITED,,,,,,\n\
                   i,NORMAL,o1,2026-11-23 10:00:00,2026-11-23 00:00:00,,2026-11-23 10:01:01,\"a,b\"\n";
        assert_eq!(printed(Format::Csv, &rows()), csv);
        let json: Value = serde_json::from_str(&printed(Format::Json, &rows())).unwrap();
        assert_eq!((&json[0]["state"], &json[1]["claimed_at"]), (&json!("DEPOSITED"), &json!(1_795_399_200)));
        assert_eq!(serde_json::from_str::<Value>(&printed(Format::Json, &[])).unwrap(), json!([]));
    }

    #[test]
    fn states_have_the_names_of_the_manual() {
        assert_eq!(state("gift_timeout"), Ok("GIFT_TIMEOUT"));
        assert_eq!(state(" DEPOSITED"), Ok(WAITING));
        assert!(state("LOST").unwrap_err().contains("UNAVAILABLE"));
    }
}
