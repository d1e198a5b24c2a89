//! `/console/{appid}/overview`: today's figures, and the last 7, 30 or 62 closed days compared with the period
//! before. It also shows the most used cards, and the shares of viewers that claim and consume.

use super::data::label;
use super::{Frame, Visit};
use crate::draw::chart::{self, Line};
use crate::pages::card_view::base_text;
use crate::pages::{Fault, Lang, PageResult, format, reply, texts};
use crate::state::expensive;
use crate::stream_guard;
use crate::today::Figures;
use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use kaquan_core::card::Card;
use kaquan_core::engine::{Keys, Query, WorkingSet};
use kaquan_core::id::CardNo;
use kaquan_core::stats::{DayRow, Number, Scope};
use kaquan_core::time::{Day, Timestamp};
use kaquan_store::{Result as StoreResult, Role, Store};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

/// The ranges to choose from, in days.
const RANGES: [i32; 3] = [7, 30, 62];
/// The number of cards in the list of the most used ones.
const TOP: usize = 5;
/// The shortest pause between two updates of today's figures.
const PAUSE: Duration = Duration::from_millis(500);
/// Today's figures, in the order on the page.
const TODAY: [Number; 6] = [
    Number::view_cnt,
    Number::receive_cnt,
    Number::verify_cnt,
    Number::view_user,
    Number::receive_user,
    Number::verify_user,
];
/// The figures that are summed over days and compared. They count events: numbers of distinct holders cannot be added
/// up.
const SUMMED: [Number; 4] = [Number::view_cnt, Number::receive_cnt, Number::verify_cnt, Number::given_cnt];
/// The interval of the keep-alive message. It also checks whether a new day has begun.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

#[derive(Template)]
#[template(path = "console/overview.html")]
struct OverviewPage {
    frame: Frame,
    t: &'static Texts,
    live_url: String,
    day: String,
    tiles: Vec<Tile>,
    ranges: Vec<(i32, bool)>,
    from: String,
    to: String,
    sums: Vec<Sum>,
    chart: String,
    top: Option<String>,
    funnel: String,
    rates: Vec<(&'static str, String, String)>,
}

/// One of today's figures.
struct Tile {
    key: &'static str,
    name: &'static str,
    value: String,
}

/// The sum of a range and the sum of the period before.
struct Sum {
    name: &'static str,
    value: String,
    before: String,
    change: String,
    class: &'static str,
}

pub async fn show(visit: Visit) -> PageResult {
    let t = Texts::of(visit.lang);
    let figures = visit.state.today.figures(visit.app_id()).await?;
    let asked = visit.query.int("range").and_then(|range| i32::try_from(range).ok());
    let days = asked.filter(|range| RANGES.contains(range)).unwrap_or(RANGES[0]);
    let to = visit.now().day().plus(-1);
    let from = to.plus(1 - days);
    let Period { sums: sum_now, by_day: now, claims } = period(&visit, from, to).await?;
    let Period { sums: sum_before, by_day: before, .. } =
        period(&visit, from.plus(-days), from.plus(-1)).await?;
    let [views, claimed, consumes, _] = sum_now;
    let page = OverviewPage {
        frame: visit.frame(t.title, "overview").with_assets(&["chart.css"], &["live.js"]),
        t,
        live_url: visit.url("overview/live"),
        day: figures.day.to_string(),
        tiles: tiles(visit.lang, &figures),
        ranges: RANGES.map(|range| (range, range == days)).to_vec(),
        from: from.to_string(),
        to: to.to_string(),
        sums: sums(visit.lang, &sum_now, &sum_before),
        chart: daily(visit.lang, &now, &before, from, days),
        top: top(&visit, claims).await?,
        funnel: funnel(visit.lang, &sum_now),
        rates: vec![
            (t.views_to_claims, format::percent(claimed, views), t.of_views.to_owned()),
            (t.claims_to_consumes, format::percent(consumes, claimed), t.of_claims.to_owned()),
        ],
    };
    visit.page(&page)
}

/// The sums of the numbers in [`SUMMED`], in the same order.
type Sums = [i64; SUMMED.len()];

/// The sums of several closed days over all cards.
#[derive(Debug, Default)]
struct Period {
    sums: Sums,
    by_day: HashMap<Day, Sums>,
    /// The claims of each card.
    claims: HashMap<CardNo, i64>,
}

impl Period {
    fn add(&mut self, row: &DayRow) {
        let numbers = SUMMED.map(|number| number.of(&row.counts));
        let of_day = self.by_day.entry(row.day).or_default();
        for sums in [&mut self.sums, of_day] {
            sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
        }
        if let (Scope::Card(card), 1..) = (row.scope, row.counts.receive_cnt) {
            *self.claims.entry(card).or_default() += row.counts.receive_cnt;
        }
    }
}

/// Computes the sums of closed days. Rows are loaded one day at a time, because there can be many cards.
async fn period(visit: &Visit, from: Day, to: Day) -> Result<Period, Fault> {
    let app = visit.app_id();
    let read = expensive(&visit.state, app, move |store: &dyn Store| -> StoreResult<Period> {
        let mut period = Period::default();
        for day in (from.0..=to.0).map(Day) {
            store.card_rows(app, day, day, &|_| true)?.iter().for_each(|row| period.add(row));
        }
        Ok(period)
    });
    Ok(read.await?)
}

fn tiles(lang: Lang, figures: &Figures) -> Vec<Tile> {
    let tile = |number: Number| Tile {
        key: number.wire(),
        name: label(lang, number),
        value: format::number(number.of(&figures.counts)),
    };
    TODAY.map(tile).into()
}

fn sums(lang: Lang, now: &[i64; SUMMED.len()], before: &[i64; SUMMED.len()]) -> Vec<Sum> {
    let sum = |((number, now), before): ((Number, i64), i64)| {
        let (change, class) = match (before, now - before) {
            (0, _) => ("–".to_owned(), ""),
            (before, change) => {
                let percent = change as f64 * 100.0 / before as f64;
                (format!("{percent:+.1}%"), if change < 0 { "down" } else { "up" })
            }
        };
        let name = label(lang, number);
        Sum { name, value: format::number(now), before: format::number(before), change, class }
    };
    SUMMED.into_iter().zip(*now).zip(*before).map(sum).collect()
}

/// The chart of views, claims and consumes by day, with the claims of the period before.
fn daily(lang: Lang, now: &HashMap<Day, Sums>, before: &HashMap<Day, Sums>, from: Day, days: i32) -> String {
    let t = Texts::of(lang);
    let by_day = |sums: &HashMap<Day, Sums>, first: Day, wanted: Number| -> Vec<Option<i64>> {
        let place = SUMMED.iter().position(|number| *number == wanted).unwrap_or(0);
        (0..days).map(|n| Some(sums.get(&first.plus(n)).map_or(0, |sums| sums[place]))).collect()
    };
    let labels: Vec<String> = (0..days).map(|n| from.plus(n).to_string()[5..].to_owned()).collect();
    let line = |number: Number| Line {
        name: label(lang, number).to_owned(),
        values: by_day(now, from, number),
        before: false,
    };
    let claims_before = Line {
        name: t.claims_before.to_owned(),
        values: by_day(before, from.plus(-days), Number::receive_cnt),
        before: true,
    };
    // Later lines are drawn on top, so the line with the largest numbers comes first.
    let lines = [line(Number::view_cnt), line(Number::receive_cnt), line(Number::verify_cnt), claims_before];
    chart::lines(t.chart, &labels, &lines)
}

/// The chart of the cards with the most claims.
async fn top(visit: &Visit, claims: HashMap<CardNo, i64>) -> Result<Option<String>, Fault> {
    let mut ranked: Vec<(CardNo, i64)> = claims.into_iter().collect();
    ranked.sort_by_key(|(card, count)| (-count, *card));
    ranked.truncate(TOP);
    let titles = visit.query(TitlesOf(ranked.iter().map(|(card, _)| *card).collect())).await?;
    let bars: Vec<(String, i64)> = titles.into_iter().zip(ranked).map(|(title, (_, n))| (title, n)).collect();
    let label = label(visit.lang, Number::receive_cnt);
    Ok((!bars.is_empty()).then(|| chart::bars(Texts::of(visit.lang).top, label, &bars)))
}

/// Looks up the titles of these cards, in the same order.
#[derive(Debug)]
struct TitlesOf(Vec<CardNo>);

impl Query for TitlesOf {
    type Reply = Vec<String>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.cards.extend(&self.0);
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> kaquan_core::error::Result<Vec<String>> {
        let title =
            |card: Option<&Card>| card.map_or(String::new(), |card| base_text(&card.section, "title"));
        self.0.iter().map(|no| ws.cards.get(no).map(title)).collect()
    }
}

fn funnel(lang: Lang, sum: &[i64; SUMMED.len()]) -> String {
    let title = Texts::of(lang).funnel;
    let bar = |(number, value): (Number, &i64)| (label(lang, number).to_owned(), *value);
    let bars: Vec<(String, i64)> = SUMMED.into_iter().zip(sum).take(3).map(bar).collect();
    chart::bars(title, title, &bars)
}

/// Streams today's figures as server-sent events.
pub async fn live(visit: Visit) -> PageResult {
    let (sender, body) = Channel::<Bytes, Infallible>::new(4);
    tokio::spawn(follow(visit.clone(), sender));
    let body = stream_guard::guard(Body::new(body), move || {
        let visit = visit.clone();
        async move { visit.is_valid(Role::Operator).await }
    });
    let mut response = Response::new(body);
    reply::protect(response.headers_mut());
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

/// Sends today's figures after every change. Ends when the browser disconnects or the server stops.
async fn follow(visit: Visit, mut sender: Sender<Bytes, Infallible>) {
    let mut log = visit.state.ledger.follow(visit.app_id());
    let mut stopped = visit.state.stopped.clone();
    let mut last = String::new();
    loop {
        log.mark_unchanged();
        let figures = match visit.state.today.figures(visit.app_id()).await {
            Ok(figures) => figures,
            Err(error) => {
                tracing::error!(%error, "reading today's figures failed");
                return;
            }
        };
        let shown =
            TODAY.map(|number| (number.wire().to_owned(), json!(format::number(number.of(&figures.counts)))));
        let mut data = serde_json::Map::from_iter(shown);
        data.insert("day".to_owned(), figures.day.to_string().into());
        let text = Value::from(data).to_string();
        let sent = if text == last { ": alive\n\n".to_owned() } else { format!("data: {text}\n\n") };
        last = text;
        if sender.send_data(sent.into()).await.is_err() {
            return;
        }
        let changed = async {
            if let Ok(Err(_)) = tokio::time::timeout(ALIVE_EVERY, log.changed()).await {
                // The log lost events.
                log = visit.state.ledger.follow(visit.app_id());
            }
            tokio::time::sleep(PAUSE).await;
        };
        tokio::select! {
            () = changed => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Overview", "概览";
        today: "Today so far", "今日实时";
        closed: "Closed days", "已结算的日期";
        range: "Range", "范围";
        days: "days", "天";
        sum: "Sum", "合计";
        before: "Previous period", "上一周期";
        change: "Change", "变化";
        chart: "Claims, consumes and views by day", "每日领取、核销与浏览";
        claims_before: "Claims, previous period", "上一周期领取";
        top: "Cards with the most claims", "领取最多的卡券";
        funnel: "From view to consume", "浏览到核销";
        views_to_claims: "Claims", "领取";
        claims_to_consumes: "Consumes", "核销";
        of_views: "of the views", "（占浏览）";
        of_claims: "of the claims", "（占领取）";
    }
}
