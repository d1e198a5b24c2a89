//! `kaquan codes import`: sends a file of codes to its card in chunks, through the running server or, without one,
//! into the store. The command first asks which chunks are already imported, and does not send these again.

use super::CardArgs;
use super::file::{CodeFile, Entry, Format, Layout};
use super::report::{self, Outcome, Summary};
use crate::data::{self, AddressNote};
use crate::http::Connection;
use crate::output::{OutputFile, is_same_file};
use crate::{Failure, out};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kaquan_core::code::{CODES_PER_CHUNK, ImportCodes, ImportOutcome, ImportParts};
use kaquan_core::id::{AppId, CardId};
use kaquan_ledger::{Clock, Ledger, WriterThreads};
use kaquan_server::token;
use kaquan_store::{AppRow, Store, StoreError};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Whether a file has a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Header {
    /// The first line is a header.
    Yes,
    /// The first line is a code.
    No,
}

/// Flags of `kaquan codes import`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file of codes: one code on each line, or a CSV file; - for the standard input.
    file: PathBuf,
    #[command(flatten)]
    card: CardArgs,
    /// Format of the file [default: csv if its name ends in .csv, otherwise text]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The column of a CSV file with the codes: its name in the header, or its number, from 1 on.
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,
    /// Whether the first line is a header [default: yes for a known name of codes; needed if it may be one].
    #[arg(long, value_enum)]
    header: Option<Header>,
    /// Raise the card's stock by the number of new codes.
    #[arg(long)]
    stock: bool,
    /// Write the lines that were not imported, with the reasons, to this CSV file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Replace an existing report.
    #[arg(long)]
    force: bool,
    /// Omit the byte order mark of the report, which spreadsheets expect.
    #[arg(long)]
    no_bom: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(dir: &Path, store: Arc<dyn Store>, args: &Args) -> Result<(), Failure> {
    let app = data::app(&*store, args.card.app.as_deref())?;
    let card = args.card.find(&*store, app.app.id, &app.appid)?;
    let header = args.header.map(|header| header == Header::Yes);
    let layout = Layout { format: args.format, column: args.column.clone(), header };
    let file = CodeFile::read(&args.file, &layout)?;
    if let Some(path) = args.report.as_ref().filter(|path| is_same_file(path, &args.file)) {
        return Err(format!("{}: the report cannot be the file of codes itself", path.display()).into());
    }
    // The report is created first, so that the command fails early if the report cannot be written.
    let report = args.report.as_ref().map(|path| OutputFile::begin(path, args.force)).transpose()?;
    let target = Target { card_id: card.id, file: file.digest.clone(), stock: args.stock };
    let mut way = Way::find(dir, &*store, &app)?;
    let mut outcome = Outcome::default();
    if file.codes.len() > CODES_PER_CHUNK {
        // Printed before the import, because a killed process cannot print it.
        out::error("each portion is complete; after an interruption run the same command again");
    }
    let done = import(&mut way, &target, &file, &mut outcome);
    way.close();
    if let Err(error) = done {
        return Err(match outcome.imported {
            0 => error,
            imported => {
                format!("{error}\n{imported} codes were imported and stay; run it again to go on.").into()
            }
        });
    }
    let summary = Summary::new(&file, &outcome);
    let reported = report.is_some();
    if let (Some(report), Some(path)) = (report, &args.report) {
        let written = report.file().map_err(Failure::from);
        let written = written.and_then(|to| report::write(to, !args.no_bom, &file, &outcome));
        written.map_err(OutputFile::named(path))?;
        report.finish()?;
    }
    match args.json {
        true => out::line(&summary.json().to_string()),
        false => out::text(&summary.text(reported)),
    }
    Ok(())
}

fn import(way: &mut Way, target: &Target, file: &CodeFile, outcome: &mut Outcome) -> Result<(), Failure> {
    let (mut from, total) = (0, file.codes.len() as u64);
    let bar = bar(total);
    // For chunks that are already stored, only the outcome is requested, because the report needs it.
    let mut done = way.chunk(target, 0, &[])?.done;
    outcome.resumed = done;
    while from < total {
        let at = usize::try_from(from)?;
        let end = file.codes.len().min(at + CODES_PER_CHUNK);
        let codes = if from < done { &[] } else { &file.codes[at..end] };
        let reply = way.chunk(target, from, codes)?;
        if reply.next <= from || reply.next > total {
            return Err(format!("the answer for the codes from {from} on is inconsistent").into());
        }
        outcome.imported += reply.succ;
        outcome.duplicates.extend(reply.duplicate.iter().map(|place| from + u64::from(*place)));
        outcome.fails.extend(reply.fail.iter().map(|place| from + u64::from(*place)));
        (from, done) = (reply.next, reply.done);
        bar.set_position(from);
    }
    bar.finish_and_clear();
    Ok(())
}

/// A progress bar on a terminal; otherwise it shows nothing.
fn bar(total: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let template = "importing {bar:40} {human_pos} of {human_len} codes, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// The card and the file of an import.
struct Target {
    card_id: CardId,
    file: String,
    stock: bool,
}

/// How the codes are imported.
enum Way {
    /// This process writes into the folder or the database.
    Folder { ledger: Ledger, writers: WriterThreads, app: AppId },
    /// A server imports them.
    Server { runtime: Runtime, connection: Connection, path: String },
}

impl Way {
    fn find(dir: &Path, store: &dyn Store, app: &AppRow) -> Result<Way, Failure> {
        match store.writers() {
            Ok(writers) => {
                let clock = data::clock(store)?;
                clock.for_batch()?;
                let (ledger, writers) = kaquan_ledger::spawn(writers, clock)?;
                Ok(Way::Folder { ledger, writers, app: app.app.id })
            }
            Err(StoreError::InUse(_)) => {
                let address = AddressNote::read(dir)
                    .ok_or("another kaquan command uses this folder, and no server runs on it")?;
                let runtime = crate::serve::runtime(Some(1))?;
                let connection = runtime.block_on(Connection::open(address))?;
                let token = token::issue_stable(store, app, false, data::now(store)?)?.access_token;
                Ok(Way::Server {
                    runtime,
                    connection,
                    path: format!("/kaquan/v1/code/import?access_token={token}"),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    fn chunk(&mut self, target: &Target, from: u64, codes: &[Entry]) -> Result<ImportOutcome, Failure> {
        let Target { card_id, file, stock } = target;
        match self {
            Way::Folder { ledger, app, .. } => {
                let codes = codes.iter().map(|entry| entry.code.as_str().into()).collect();
                let (card_id, file, rest) = (card_id.clone(), file.as_str().into(), Vec::new());
                let chunk = ImportCodes { card_id, file, from, codes, rest, chunk_from: from, stock: *stock };
                // Other servers may work on the same database, so the chunk is split into short operations.
                let mut parts = ImportParts::of(chunk);
                while let Some(part) = parts.next_part() {
                    parts.add(ledger.submit_blocking(*app, part)?);
                }
                Ok(parts.outcome())
            }
            Way::Server { runtime, connection, path } => {
                let codes: Vec<&str> = codes.iter().map(|entry| entry.code.as_str()).collect();
                let (card_id, file) = (card_id.as_str(), file.as_str());
                let body =
                    json!({"card_id": card_id, "file": file, "from": from, "code": codes, "stock": stock});
                reply(&runtime.block_on(connection.post(path, &body))?)
            }
        }
    }

    fn close(self) {
        if let Way::Folder { ledger, writers, .. } = self {
            ledger.stop();
            writers.join();
        }
    }
}

/// Reads the server's reply to a chunk.
fn reply(answer: &Value) -> Result<ImportOutcome, Failure> {
    let number = |key: &str| answer[key].as_u64().ok_or_else(|| format!("an answer without {key}: {answer}"));
    let places = |key: &str| serde_json::from_value(answer[key].clone());
    Ok(ImportOutcome {
        done: number("done")?,
        next: number("next")?,
        succ: number("succ_count")?,
        duplicate: places("duplicate")?,
        fail: places("fail")?,
    })
}
