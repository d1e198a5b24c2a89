//! `kaquan events`: the log of an app on the command line. The commands find events, follow them, show their
//! deliveries, and push them again. They work with or without a running server, but only a server sends the events.

mod export;
mod months;

use crate::config::Settings;
use crate::{Failure, data, out};
use kaquan_core::event::EventKind;
use kaquan_core::id::EventSeq;
use kaquan_core::time::{Day, Timestamp};
use kaquan_server::AppHandle;
use kaquan_server::push::event_query::EventQuery;
use kaquan_server::push::search::{PushState, Search};
use kaquan_server::push::{event_payload, event_view};
use kaquan_store::{Month, Store};
use serde_json::{Value, json};
use std::time::Duration;

/// The pause between two reads of the log while following it.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// The largest number of events in one read.
const PAGE: usize = 10_000;

/// What to do with events.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print events, the newest first.
    #[command(after_help = "Example: kaquan events list --delivery parked --from 2026-11-20")]
    List(ListArgs),
    /// Print one event with its payload and the attempts to deliver it.
    Show {
        /// The event's number.
        #[arg(value_name = "EVENT_ID")]
        event: i64,
        #[command(flatten)]
        app: AppArgs,
    },
    /// Print events as they happen, until interrupted.
    #[command(after_help = "Example: kaquan events tail --kind claim,consume --json")]
    Tail(TailArgs),
    /// Push events again: those with these numbers, or all that match the options.
    #[command(after_help = "Example: kaquan events resend --kind consume --from 2026-11-20 --to 2026-11-21")]
    Resend(ResendArgs),
    /// Write the events of a range of days to a Parquet or CSV file.
    #[command(after_help = "Example: kaquan events export --month 2026-09 --output 2026-09.parquet")]
    Export(export::Args),
    /// With --database: list the months of the event log and their tables.
    Months,
    /// With --database: detach a month from the event log. Its days must be closed and its events pushed.
    ///
    /// Reports, codes and members do not change. The events stay in a table, whose name is printed.
    #[command(after_help = "Example: kaquan events detach --month 2026-09")]
    Detach {
        /// The month, YYYY-MM.
        #[arg(long, value_parser = export::month, value_name = "MONTH")]
        month: Month,
    },
}

/// Which app.
#[derive(Debug, clap::Args)]
pub struct AppArgs {
    /// The app's id; not needed if there is only one app.
    #[arg(long, visible_alias = "appid", value_name = "APPID", env = "KAQUAN_APP")]
    app: Option<String>,
    /// Print a line of JSON for each event.
    #[arg(long)]
    json: bool,
}

/// The filter of events; an absent part matches every event.
#[derive(Debug, clap::Args)]
pub struct About {
    /// Kinds of events, with commas, such as claim,consume.
    #[arg(long, value_delimiter = ',', value_parser = kind)]
    kind: Vec<EventKind>,
    /// The card, by its card_id.
    #[arg(long, value_name = "CARD_ID")]
    card: Option<String>,
    /// The code; a custom code also needs --card.
    #[arg(long)]
    code: Option<String>,
    /// The holder, or the friend of a gift.
    #[arg(long)]
    openid: Option<String>,
    /// First day, YYYY-MM-DD at UTC+8.
    #[arg(long, value_parser = day, value_name = "DAY")]
    from: Option<Day>,
    /// Last day, YYYY-MM-DD at UTC+8.
    #[arg(long, value_parser = day, value_name = "DAY")]
    to: Option<Day>,
    /// State of the delivery: waiting, pending (will be retried), parked (no longer retried), delivered, or none (not
    /// pushed).
    #[arg(long, value_parser = state, value_name = "STATE")]
    delivery: Option<PushState>,
}

/// Flags of `list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    about: About,
    /// Maximum number of events.
    #[arg(long, default_value_t = 20, value_name = "N")]
    count: usize,
    /// Only events before the one with this number.
    #[arg(long, value_name = "EVENT_ID")]
    before: Option<i64>,
    #[command(flatten)]
    app: AppArgs,
}

/// Flags of `tail`.
#[derive(Debug, clap::Args)]
pub struct TailArgs {
    /// Begin after the event with this number, instead of with the next new event.
    #[arg(long, value_name = "EVENT_ID")]
    after: Option<i64>,
    /// Kinds of events, with commas, such as claim,consume [default: all].
    #[arg(long, value_delimiter = ',', value_parser = kind)]
    kind: Vec<EventKind>,
    #[command(flatten)]
    app: AppArgs,
}

/// Flags of `resend`.
#[derive(Debug, clap::Args)]
pub struct ResendArgs {
    /// Numbers of the events.
    #[arg(value_name = "EVENT_ID")]
    events: Vec<i64>,
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    app: AppArgs,
}

fn kind(name: &str) -> Result<EventKind, String> {
    let known = || EventKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    EventKind::from_name(name).ok_or_else(|| format!("must be one of {}", known()))
}

fn state(name: &str) -> Result<PushState, String> {
    PushState::from_name(name).ok_or_else(|| "must be none, waiting, pending, parked or delivered".to_owned())
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "must be a day written YYYY-MM-DD".to_owned())
}

impl About {
    fn wanted(self, count: usize) -> EventQuery {
        EventQuery {
            kinds: self.kind,
            card_id: self.card.map(Into::into),
            code: self.code.map(Into::into),
            openid: self.openid.map(Into::into),
            begin: self.from.map(Day::start),
            end: self.to.map(|day| day.end()),
            state: self.delivery,
            from: None,
            before: None,
            count,
        }
    }
}

/// Runs the command.
pub fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    crate::logging::start(settings)?;
    let store = data::open_existing(settings, &settings.data())?;
    let store = &*store;
    match command {
        Command::List(args) => list(store, args),
        Command::Show { event, app } => {
            let handle = app_of(store, &app)?;
            let detail = Search::new(store, &handle)?.one(EventSeq(event), Vec::new())?;
            let shown = json!(event_view::detail(detail.ok_or("no event has this number")?));
            out::text(&if app.json { format!("{shown}\n") } else { in_full(&shown) });
            Ok(())
        }
        Command::Tail(args) => tail(store, &args),
        Command::Resend(args) => resend(store, args),
        Command::Export(args) => export::run(store, &args),
        Command::Months => months::list(store),
        Command::Detach { month } => months::detach(store, month),
    }
}

fn app_of(store: &dyn Store, args: &AppArgs) -> Result<AppHandle, Failure> {
    Ok(AppHandle::new(data::app(store, args.app.as_deref())?)?)
}

fn list(store: &dyn Store, args: ListArgs) -> Result<(), Failure> {
    let app = app_of(store, &args.app)?;
    let mut left = args.count;
    let wanted = EventQuery { before: args.before.map(EventSeq), ..args.about.wanted(left) };
    let query = wanted.resolve(store, &app).map_err(|error| error.to_string())?;
    let mut before = query.before;
    let search = Search::new(store, &app)?;
    while left > 0 {
        let (found, next) = search.list(&kaquan_server::push::search::ResolvedQuery {
            before,
            count: left,
            ..query.clone()
        })?;
        found.iter().for_each(|found| print(&json!(event_view::found(found)), args.app.json));
        left -= found.len();
        match next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    Ok(())
}

fn tail(store: &dyn Store, args: &TailArgs) -> Result<(), Failure> {
    let app = app_of(store, &args.app)?;
    let id = app.row.app.id;
    let end = store.working_set(id)?.map_or(1, |set| set.counters.event_seq);
    let mut next = args.after.map_or(EventSeq(end), |after| EventSeq(after.saturating_add(1)));
    if next.0 > end {
        return Err(format!("--after {} is beyond the last event, {}", next.0 - 1, end - 1).into());
    }
    loop {
        let events = store.events(id, next, 256)?;
        if events.is_empty() {
            std::thread::sleep(LOOK_EVERY);
            continue;
        }
        for payload in event_payload::load(store, &app, events)? {
            next = EventSeq(payload.event.seq.0 + 1);
            if args.kind.is_empty() || args.kind.contains(&payload.event.kind) {
                let found =
                    kaquan_server::push::search::FoundEvent { payload, state: PushState::None, row: None };
                let mut shown = event_view::found(&found);
                // The state of the delivery is not known yet.
                shown.delivery = None;
                print(&json!(shown), args.app.json);
            }
        }
    }
}

fn resend(store: &dyn Store, args: ResendArgs) -> Result<(), Failure> {
    let app = app_of(store, &args.app)?;
    store.callback(app.row.app.id)?.ok_or("no callback is set")?;
    let search = Search::new(store, &app)?;
    let now = data::now(store)?;
    let mut count = 0;
    if args.events.is_empty() {
        let wanted = args.about.wanted(PAGE);
        if wanted.is_anything() {
            return Err(
                "name events by their numbers, or say which with --kind, --card, --from and so on".into()
            );
        }
        let mut query = wanted.resolve(store, &app).map_err(|error| error.to_string())?;
        loop {
            let (more, next) = search.resend(&query, now)?;
            count += more;
            match next {
                Some(next) => query.before = Some(next),
                None => break,
            }
        }
    }
    for event in args.events {
        let query = EventQuery::one(EventSeq(event)).resolve(store, &app)?;
        match search.resend(&query, now)?.0 {
            0 => return Err(format!("event {event} is not pushed, or has not been pushed yet").into()),
            more => count += more,
        }
    }
    out::line(&format!("{count} events are pushed again"));
    Ok(())
}

fn print(shown: &Value, json: bool) {
    out::line(&if json { shown.to_string() } else { on_a_line(shown) });
}

/// An event in one line: number, time, kind, delivery, and its subject.
fn on_a_line(shown: &Value) -> String {
    let text = |key: &str| shown[key].as_str().unwrap_or_default();
    let time = Timestamp(shown["time"].as_i64().unwrap_or_default());
    let about = ["card_id", "code", "openid", "friend", "location_name", "staff_openid"].map(text);
    let id = shown["event_id"].as_i64().unwrap_or_default();
    let about: Vec<&str> = about.into_iter().filter(|text| !text.is_empty()).collect();
    let line = format!("{id:>8}  {time}  {:<19} {:<9}  {}", text("kind"), text("delivery"), about.join("  "));
    line.trim_end().to_owned()
}

/// An event with its message and attempts.
fn in_full(shown: &Value) -> String {
    let mut text = format!("{}\n", on_a_line(shown));
    if let Some(message) = shown["message"].as_str().filter(|message| !message.is_empty()) {
        text.push_str(&format!("\n{message}\n"));
    }
    for attempt in shown["attempts"].as_array().into_iter().flatten() {
        let time = Timestamp(attempt["time"].as_i64().unwrap_or_default());
        let answer = attempt["answer"].as_str().unwrap_or_default().trim_end();
        let outcome = attempt["outcome"].as_str().unwrap_or_default();
        let millis = attempt["millis"].as_i64().unwrap_or_default();
        text.push_str(&format!("\n{time}  {outcome}  {millis} ms  {answer:?}"));
    }
    text.push('\n');
    text
}
