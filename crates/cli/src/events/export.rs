//! `kaquan events export`: writes the events of some days into a Parquet or CSV file for other programs, with
//! the ids and names of the native API.

use super::AppArgs;
use crate::output::OutputFile;
use crate::{Failure, data, out};
use clap::ValueEnum;
use kaquan_core::event::Event;
use kaquan_core::time::Day;
use kaquan_server::push::event_payload::{self, EventPayload};
use kaquan_server::{AppHandle, Sheet};
use kaquan_store::{Month, Store, StoreError};
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// The number of events that are converted together, and the most rows in a group of a Parquet file.
const PAGE: usize = 50_000;

/// The columns. `at` is in milliseconds since 1970 in Parquet, and a time in UTC+8 in CSV. A missing text is empty, and
/// a missing `location_id` is 0.
const SCHEMA: &str = "message event {
    required int64 event_id;
    required int64 at (TIMESTAMP(MILLIS, true));
    required binary day (STRING);
    required binary kind (STRING);
    required binary card_id (STRING);
    required binary code (STRING);
    required binary openid (STRING);
    required binary friend (STRING);
    required binary other_code (STRING);
    required int64 amount;
    required int64 amount2;
    required binary detail (STRING);
    required int64 location_id;
    required binary location_name (STRING);
    required binary staff_openid (STRING);
}";

/// Flags of `export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    app: AppArgs,
    /// The format of the file
    #[arg(long, value_enum, default_value_t = Format::Parquet)]
    format: Format,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Replace a file that exists
    #[arg(long)]
    force: bool,
    /// Write a CSV file without the byte order mark that spreadsheets expect
    #[arg(long)]
    no_bom: bool,
    /// One whole month, YYYY-MM, instead of --from and --to
    #[arg(long, value_parser = month, value_name = "MONTH", conflicts_with_all = ["from", "to"])]
    month: Option<Month>,
    /// First day, YYYY-MM-DD at UTC+8 [default: the first day with events]
    #[arg(long, value_parser = super::day, value_name = "DAY")]
    from: Option<Day>,
    /// Last day, YYYY-MM-DD at UTC+8 [default: the last day with events]
    #[arg(long, value_parser = super::day, value_name = "DAY")]
    to: Option<Day>,
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values, with a header.
    Csv,
}

/// Parses a month.
pub fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| format!("{text:?} is not a month; write it as YYYY-MM"))
}

/// Writes the file completely or not at all.
pub fn run(store: &dyn Store, args: &Args) -> Result<(), Failure> {
    let app = AppHandle::new(data::app(store, args.app.app.as_deref())?)?;
    let (first, end) = match args.month {
        Some(month) => (month.first, month.end()),
        None => (args.from.unwrap_or(Day(i32::MIN)), args.to.map_or(Day(i32::MAX), |day| day.plus(1))),
    };
    let output = OutputFile::begin(&args.output, args.force)?;
    let not_written = OutputFile::named(&args.output);
    let mut sink = sink(&output, args).map_err(&not_written)?;
    let (mut page, mut count) = (Vec::with_capacity(PAGE), 0);
    let mut failure: Option<Failure> = None;
    let mut flush = |page: &mut Vec<Event>| -> Result<(), Failure> {
        count += page.len();
        sink.write(&event_payload::load(store, &app, std::mem::take(page))?).map_err(&not_written)
    };
    store
        .export_events(app.row.app.id, first, end, &mut |event| {
            page.push(event);
            if page.len() == PAGE
                && let Err(error) = flush(&mut page)
            {
                let text = error.to_string();
                failure = Some(error);
                // This error only ends the export early. `failure` has the error that is reported.
                return Err(StoreError::Unsupported(text));
            }
            Ok(())
        })
        .map_err(|error| failure.take().unwrap_or_else(|| error.into()))?;
    flush(&mut page)?;
    sink.finish().map_err(&not_written)?;
    output.finish()?;
    out::line(&format!("{count} events written to {}", args.output.display()));
    Ok(())
}

fn sink(output: &OutputFile, args: &Args) -> Result<Box<dyn Sink>, Failure> {
    Ok(match args.format {
        Format::Parquet => Box::new(Parquet::new(output.file()?)?),
        Format::Csv => Box::new(Csv::new(output.file()?, !args.no_bom)?),
    })
}

/// The destination of the events.
trait Sink {
    fn write(&mut self, events: &[EventPayload]) -> Result<(), Failure>;
    fn finish(self: Box<Self>) -> Result<(), Failure>;
}

struct Csv(Sheet<BufWriter<File>>);

impl Csv {
    fn new(file: File, mark: bool) -> Result<Csv, Failure> {
        let mut sheet = Sheet::begin(BufWriter::new(file), mark)?;
        let names =
            SCHEMA.lines().filter_map(|line| line.trim().strip_prefix("required ")?.split([' ', ';']).nth(1));
        sheet.row(names)?;
        Ok(Csv(sheet))
    }
}

impl Sink for Csv {
    fn write(&mut self, events: &[EventPayload]) -> Result<(), Failure> {
        for facts in events {
            let event = &facts.event;
            let numbers = [event.seq.0, event.amount, event.amount2, event.location_id.unwrap_or(0)]
                .map(|number| number.to_string());
            let (at, day) = (event.at.to_string(), event.day().to_string());
            self.0.row([
                numbers[0].as_str(),
                &at,
                &day,
                event.kind.name(),
                &facts.card_id,
                &facts.code,
                facts.openid(),
                facts.friend(),
                &facts.other_code,
                &numbers[1],
                &numbers[2],
                facts.detail(),
                &numbers[3],
                &facts.location_name,
                facts.staff(),
            ])?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        Ok(self.0.finish()?.flush()?)
    }
}

struct Parquet(SerializedFileWriter<BufWriter<File>>);

impl Parquet {
    fn new(file: File) -> Result<Parquet, Failure> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        Ok(Parquet(SerializedFileWriter::new(BufWriter::new(file), schema, Arc::new(properties))?))
    }
}

/// A column of a row group.
enum Column {
    Numbers(Vec<i64>),
    Texts(Vec<ByteArray>),
}

fn columns(events: &[EventPayload]) -> [Column; 15] {
    let numbers = |of: fn(&EventPayload) -> i64| Column::Numbers(events.iter().map(of).collect());
    let texts = |of: fn(&EventPayload) -> String| {
        Column::Texts(events.iter().map(|facts| of(facts).into_bytes().into()).collect())
    };
    [
        numbers(|facts| facts.event.seq.0),
        numbers(|facts| facts.event.at.0 * 1000),
        texts(|facts| facts.event.day().to_string()),
        texts(|facts| facts.event.kind.name().to_owned()),
        texts(|facts| facts.card_id.clone()),
        texts(|facts| facts.code.clone()),
        texts(|facts| facts.openid().to_owned()),
        texts(|facts| facts.friend().to_owned()),
        texts(|facts| facts.other_code.clone()),
        numbers(|facts| facts.event.amount),
        numbers(|facts| facts.event.amount2),
        texts(|facts| facts.detail().to_owned()),
        numbers(|facts| facts.event.location_id.unwrap_or(0)),
        texts(|facts| facts.location_name.clone()),
        texts(|facts| facts.staff().to_owned()),
    ]
}

impl Sink for Parquet {
    fn write(&mut self, events: &[EventPayload]) -> Result<(), Failure> {
        if events.is_empty() {
            return Ok(());
        }
        let mut group = self.0.next_row_group()?;
        for column in columns(events) {
            let mut writer = group.next_column()?.ok_or("the file has fewer columns than an event")?;
            match column {
                Column::Numbers(values) => writer.typed::<Int64Type>().write_batch(&values, None, None)?,
                Column::Texts(values) => writer.typed::<ByteArrayType>().write_batch(&values, None, None)?,
            };
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        self.0.into_inner()?.flush()?;
        Ok(())
    }
}
