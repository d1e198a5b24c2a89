//! `/console/{appid}/overview`: today's figures, the last 7, 30 or 62 closed days compared with the days before, the cards most
//! used, and the shares of viewers who claim and consume.

use super::cards::all;
use super::{Frame, Visit};
use crate::draw::chart::{self, Line};
use crate::pages::card_view::base_text;
use crate::pages::{Fault, PageResult, format, reply, texts};
use crate::state::blocking;
use crate::stream_guard;
use crate::today::Figures;
use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use kaquan_core::card::Card;
use kaquan_core::id::CardNo;
use kaquan_core::stats::{Counts, DayRow, Scope};
use kaquan_core::time::Day;
use kaquan_store::Role;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

/// The ranges to choose from, in days.
const RANGES: [i32; 3] = [7, 30, 62];
/// Cards shown as those most used.
const TOP: usize = 5;
/// Between two updates of today's figures.
const PAUSE: Duration = Duration::from_millis(500);
/// Interval of the keep-alive, which also checks whether the day has changed.
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

/// The sum of a range and that of the range before.
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
    let rows = rows(&visit, from.plus(-days), to).await?;
    let (before, now): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.day < from);
    let (sum_before, sum_now) = (sum(&before), sum(&now));
    let cards = all(&visit).await?;
    let page = OverviewPage {
        frame: visit.frame(t.title, "overview").with_assets(&["chart.css"], &["live.js"]),
        t,
        live_url: visit.url("overview/live"),
        day: figures.day.to_string(),
        tiles: tiles(t, &figures),
        ranges: RANGES.map(|range| (range, range == days)).to_vec(),
        from: from.to_string(),
        to: to.to_string(),
        sums: sums(t, &sum_now, &sum_before),
        chart: daily(t, &now, &before, from, days),
        top: top(t, &now, &cards),
        funnel: funnel(t, &sum_now),
        rates: vec![
            (
                t.views_to_claims,
                format::percent(sum_now.receive_cnt, sum_now.view_cnt),
                t.of_views.to_owned(),
            ),
            (
                t.claims_to_consumes,
                format::percent(sum_now.verify_cnt, sum_now.receive_cnt),
                t.of_claims.to_owned(),
            ),
        ],
    };
    visit.page(&page)
}

/// The rows of every card on closed days.
async fn rows(visit: &Visit, from: Day, to: Day) -> Result<Vec<DayRow>, Fault> {
    let app = visit.app_id();
    Ok(blocking(&visit.state, move |store| store.day_rows(app, from, to, None)).await?)
}

/// Only counts of events: they add up over cards and days, and distinct holders do not.
fn sum(rows: &[DayRow]) -> Counts {
    let mut sum = Counts::default();
    for DayRow { counts, .. } in rows {
        sum.view_cnt += counts.view_cnt;
        sum.receive_cnt += counts.receive_cnt;
        sum.verify_cnt += counts.verify_cnt;
        sum.given_cnt += counts.given_cnt;
    }
    sum
}

fn tiles(t: &'static Texts, figures: &Figures) -> Vec<Tile> {
    values(&figures.counts)
        .into_iter()
        .zip([t.views, t.claims, t.consumes, t.viewers, t.claimers, t.consumers])
        .map(|((key, value), name)| Tile { key, name, value: format::number(value) })
        .collect()
}

fn values(counts: &Counts) -> [(&'static str, i64); 6] {
    [
        ("view_cnt", counts.view_cnt),
        ("receive_cnt", counts.receive_cnt),
        ("verify_cnt", counts.verify_cnt),
        ("view_user", counts.view_user),
        ("receive_user", counts.receive_user),
        ("verify_user", counts.verify_user),
    ]
}

fn sums(t: &'static Texts, now: &Counts, before: &Counts) -> Vec<Sum> {
    let all = [
        (t.views, now.view_cnt, before.view_cnt),
        (t.claims, now.receive_cnt, before.receive_cnt),
        (t.consumes, now.verify_cnt, before.verify_cnt),
        (t.gifts, now.given_cnt, before.given_cnt),
    ];
    let sum = |(name, now, before): (&'static str, i64, i64)| {
        let (change, class) = match (before, now - before) {
            (0, _) => ("–".to_owned(), ""),
            (before, change) => {
                let percent = change as f64 * 100.0 / before as f64;
                (format!("{percent:+.1}%"), if change < 0 { "down" } else { "up" })
            }
        };
        Sum { name, value: format::number(now), before: format::number(before), change, class }
    };
    all.into_iter().map(sum).collect()
}

/// Views, claims and consumes by day, with the claims of the days before.
fn daily(t: &'static Texts, now: &[DayRow], before: &[DayRow], from: Day, days: i32) -> String {
    let by_day = |rows: &[DayRow], first: Day, of: fn(&Counts) -> i64| -> Vec<Option<i64>> {
        let mut sums: HashMap<Day, i64> = HashMap::new();
        rows.iter().for_each(|row| *sums.entry(row.day).or_default() += of(&row.counts));
        (0..days).map(|n| Some(sums.get(&first.plus(n)).copied().unwrap_or(0))).collect()
    };
    let labels: Vec<String> = (0..days).map(|n| from.plus(n).to_string()[5..].to_owned()).collect();
    let line = |name: &str, values, before| Line { name: name.to_owned(), values, before };
    // Later series are drawn on top, so the largest comes first.
    let lines = [
        line(t.views, by_day(now, from, |counts| counts.view_cnt), false),
        line(t.claims, by_day(now, from, |counts| counts.receive_cnt), false),
        line(t.consumes, by_day(now, from, |counts| counts.verify_cnt), false),
        line(t.claims_before, by_day(before, from.plus(-days), |counts| counts.receive_cnt), true),
    ];
    chart::lines(t.chart, &labels, &lines)
}

/// The cards with the most claims.
fn top(t: &'static Texts, rows: &[DayRow], cards: &[Card]) -> Option<String> {
    let mut claims: HashMap<CardNo, i64> = HashMap::new();
    for row in rows {
        if let Scope::Card(card) = row.scope {
            *claims.entry(card).or_default() += row.counts.receive_cnt;
        }
    }
    let mut ranked: Vec<(CardNo, i64)> = claims.into_iter().filter(|(_, count)| *count > 0).collect();
    ranked.sort_by_key(|(card, count)| (-count, *card));
    let name = |no: CardNo| {
        let card = cards.iter().find(|card| card.no == no);
        card.map_or(String::new(), |card| base_text(&card.section, "title"))
    };
    let bars: Vec<(String, i64)> =
        ranked.into_iter().take(TOP).map(|(card, count)| (name(card), count)).collect();
    (!bars.is_empty()).then(|| chart::bars(t.top, t.claims, &bars))
}

fn funnel(t: &'static Texts, sum: &Counts) -> String {
    let bars = [(t.views, sum.view_cnt), (t.claims, sum.receive_cnt), (t.consumes, sum.verify_cnt)];
    chart::bars(t.funnel, t.funnel, &bars.map(|(name, value)| (name.to_owned(), value)))
}

/// Today's figures as they change, as server-sent events.
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

/// Ends when the browser is gone or the server stops.
async fn follow(visit: Visit, mut sender: Sender<Bytes, Infallible>) {
    let mut log = visit.state.ledger.follow(visit.app_id());
    let mut stopped = visit.state.stopped.clone();
    let mut last = String::new();
    loop {
        log.mark_unchanged();
        let figures = match visit.state.today.figures(visit.app_id()).await {
            Ok(figures) => figures,
            Err(error) => {
                tracing::error!(%error, "today's figures cannot be read");
                return;
            }
        };
        let shown =
            values(&figures.counts).map(|(key, value)| (key.to_owned(), json!(format::number(value))));
        let mut data = serde_json::Map::from_iter(shown);
        data.insert("day".to_owned(), figures.day.to_string().into());
        let text = Value::from(data).to_string();
        let sent = if text == last { ": alive\n\n".to_owned() } else { format!("data: {text}\n\n") };
        last = text;
        if sender.send_data(sent.into()).await.is_err() {
            return;
        }
        let changed = async {
            let _ = tokio::time::timeout(ALIVE_EVERY, log.changed()).await;
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
        views: "Views", "浏览次数";
        claims: "Claims", "领取次数";
        consumes: "Consumes", "核销次数";
        gifts: "Gifts accepted", "转赠次数";
        viewers: "Holders who looked", "浏览人数";
        claimers: "Holders who claimed", "领取人数";
        consumers: "Holders who used", "核销人数";
        closed: "Closed days", "已结算的日期";
        range: "Range", "范围";
        days: "days", "天";
        sum: "Sum", "合计";
        before: "Days before", "上一周期";
        change: "Change", "变化";
        chart: "Claims, consumes and views by day", "每日领取、核销与浏览";
        claims_before: "Claims, days before", "上一周期领取";
        top: "Cards with the most claims", "领取最多的卡券";
        funnel: "From looking to using", "浏览到核销";
        views_to_claims: "Claims", "领取";
        claims_to_consumes: "Consumes", "核销";
        of_views: "of the views", "（占浏览）";
        of_claims: "of the claims", "（占领取）";
    }
}
