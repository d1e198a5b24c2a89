//! `/console/{appid}/data`: the four reports as chart, table and CSV, over any range of up to 62 closed days. The
//! rows come from the same code as those of the API. A fifth report has the sums of each store.

use super::cards::choices;
use super::{Frame, Visit, data_stores};
use crate::api::datacube::reading::{self, CouponDays};
use crate::draw::chart::{self, Line};
use crate::http::large::{self, LargeAnswer};
use crate::pages::card_view::base_text;
use crate::pages::{Fields, Lang, PageResult, format, reply, texts};
use crate::sheet::Sheet;
use crate::state::cards;
use askama::Template;
use axum::body::Body;
use kaquan_core::card::{Card, CardType, Source};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::CardId;
use kaquan_core::stats::report::{self, TypeNumbering};
use kaquan_core::stats::{DateRange, DayRow, Number, Scope};
use kaquan_store::Store;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Days shown if the query has no range.
const DAYS: i32 = 30;

/// Rows that the page shows. The CSV file has all rows.
const ROWS_SHOWN: usize = 1_000;

/// The numbers of the chart.
const CHARTED: [Number; 3] = [Number::view_cnt, Number::receive_cnt, Number::verify_cnt];

/// The report of consumes by store, which the API does not have.
const BY_STORE: &str = "stores";

/// The reports, with the names of their API calls.
const REPORTS: [&str; 5] =
    ["getcardbizuininfo", "getcardcardinfo", "getcardmembercardinfo", "getcardmembercarddetail", BY_STORE];

#[derive(Template)]
#[template(path = "console/data.html")]
struct DataPage {
    frame: Frame,
    t: &'static Texts,
    reports: Vec<(&'static str, &'static str, bool)>,
    begin: String,
    end: String,
    sources: Vec<(i64, &'static str, bool)>,
    cards: Vec<(String, String, bool)>,
    note: &'static str,
    chart: Option<String>,
    /// The API's names of the numbers, each with its label.
    names: Vec<(String, &'static str)>,
    rows: Vec<Vec<String>>,
    /// Whether the page does not show all rows.
    more: bool,
    csv: String,
}

/// The query of the page.
struct ReportQuery {
    report: &'static str,
    begin: String,
    end: String,
    source: Source,
    card_id: Option<String>,
}

impl ReportQuery {
    /// Reads the query. `named` is the type of its card. `first_member` is the member card that is shown if the query
    /// names none.
    fn read(visit: &Visit, named: Option<CardType>, first_member: Option<&CardId>) -> ReportQuery {
        let yesterday = visit.now().day().plus(-1);
        let day = |key: &str, otherwise: i32| {
            visit.query.get(key).map_or_else(|| yesterday.plus(otherwise).to_string(), str::to_owned)
        };
        let card_id = visit.query.get("card_id").map(str::to_owned);
        let member = named.map(CardType::is_member_card);
        let named = visit.query.get("report").and_then(|name| REPORTS.into_iter().find(|of| *of == name));
        let report = named.unwrap_or(match member {
            None => REPORTS[0],
            Some(false) => REPORTS[1],
            Some(true) => REPORTS[3],
        });
        ReportQuery {
            report,
            begin: day("begin_date", 1 - DAYS),
            end: day("end_date", 0),
            source: if visit.query.get("cond_source") == Some("0") { Source::Console } else { Source::Api },
            // The report of one member card needs one.
            card_id: match report == REPORTS[3] && member != Some(true) {
                true => first_member.map(CardId::to_string),
                false => card_id,
            },
        }
    }

    /// The rows in the form of the API call of the same name. For the report of all coupons, the page shows the first
    /// rows and only sums up the others.
    async fn shown(&self, visit: &Visit) -> Result<ShownRows> {
        let mut shown = ShownRows::default();
        if self.report == BY_STORE {
            shown.rows = self.rows(visit).await?;
            shown.more = shown.rows.len() > ROWS_SHOWN;
            shown.rows.truncate(ROWS_SHOWN);
            return Ok(shown);
        }
        let Some(mut days) = self.coupon_days(visit).await? else {
            self.rows(visit).await?.into_iter().for_each(|row| shown.add(row));
            return Ok(shown);
        };
        loop {
            let rows;
            (days, rows) = next_rows(visit, days).await?;
            let Some(rows) = rows else { return Ok(shown) };
            for row in rows {
                shown.sum(row.day.to_string(), CHARTED.map(|number| number.of(&row.counts)));
                match shown.rows.len() < ROWS_SHOWN {
                    true => shown.rows.extend(days.row(&row).map(|row| json!(row))),
                    false => shown.more = true,
                }
            }
        }
    }

    /// The rows of all coupons, which can be many. `None` for every other report.
    async fn coupon_days(&self, visit: &Visit) -> Result<Option<CouponDays>> {
        if self.report != REPORTS[1] || self.card_id.is_some() {
            return Ok(None);
        }
        let range = self.range(visit)?;
        CouponDays::begin(&visit.state, visit.app_id(), range, self.source).await.map(Some)
    }

    fn range(&self, visit: &Visit) -> Result<DateRange> {
        let (begin, end) = (Value::from(&*self.begin), Value::from(&*self.end));
        DateRange::read(Some(&begin), Some(&end), visit.now().day())
    }

    /// The rows of every report except that of all coupons: at most one row for each day, or for each store.
    async fn rows(&self, visit: &Visit) -> Result<Vec<Value>> {
        let (state, app, range) = (&visit.state, visit.app_id(), self.range(visit)?);
        if self.report == BY_STORE {
            return data_stores::rows(visit, range).await;
        }
        let card = match &self.card_id {
            None => None,
            Some(id) => reading::card(state, app, CardId::from(id.as_str())).await?,
        };
        let of = async |scope| reading::rows(state, app, range, scope).await;
        Ok(match (self.report, card) {
            ("getcardbizuininfo", _) => {
                values(report::biz_uin_info(&of(Scope::Coupons(self.source)).await?, self.source))
            }
            ("getcardmembercardinfo", _) => {
                values(report::member_card_info(&of(Scope::Members(self.source)).await?, self.source))
            }
            ("getcardmembercarddetail", Some(card)) => {
                values(report::member_card_detail(&of(Scope::Card(card.no)).await?, &card))
            }
            // If the query names a card, its rows are shown whatever the source.
            ("getcardcardinfo", Some(card)) => {
                let (rows, source) = (of(Scope::Card(card.no)).await?, card.source);
                values(report::card_info(&rows, &[card], source, None, TypeNumbering::Documented))
            }
            _ => Vec::new(),
        })
    }
}

/// Reads the next rows in the app's turn.
async fn next_rows(visit: &Visit, mut days: CouponDays) -> Result<(CouponDays, Option<Vec<DayRow>>)> {
    let read = move |store: &dyn Store| -> Result<(CouponDays, Option<Vec<DayRow>>)> {
        let rows = days.next_rows(store)?;
        Ok((days, rows))
    };
    visit.state.access.part(visit.app_id(), read).await
}

/// Rows for the page: the first of them, and sums of all by day.
#[derive(Debug, Default)]
struct ShownRows {
    rows: Vec<Value>,
    /// The numbers of [`CHARTED`] by date.
    days: BTreeMap<String, [i64; CHARTED.len()]>,
    /// Whether there are rows that the page does not show.
    more: bool,
}

impl ShownRows {
    fn add(&mut self, row: Value) {
        let day = row["ref_date"].as_str().unwrap_or_default().to_owned();
        self.sum(day, CHARTED.map(|number| row[number.wire()].as_i64().unwrap_or(0)));
        self.rows.push(row);
    }

    fn sum(&mut self, day: String, numbers: [i64; CHARTED.len()]) {
        let sums = self.days.entry(day).or_default();
        sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
    }
}

/// The rows as JSON values, so that the page shows every report in the same way.
fn values(rows: Vec<impl Serialize>) -> Vec<Value> {
    rows.into_iter().map(|row| json!(row)).collect()
}

pub async fn show(visit: Visit) -> PageResult {
    let t = Texts::of(visit.lang);
    let (mut cards, named) = choices(&visit, CardType::ALL, visit.query.get("card_id")).await?;
    let members = choices(&visit, &[CardType::MemberCard], None).await?.0;
    let query_of_page =
        ReportQuery::read(&visit, named.map(|card| card.card_type), members.first().map(|card| &card.id));
    // A member card that is older than the cards listed can be chosen too.
    let older = members.into_iter().filter(|card| cards.iter().all(|listed| listed.no != card.no));
    let older: Vec<Card> = older.collect();
    cards.extend(older);
    let outcome = query_of_page.shown(&visit).await;
    let mut frame = visit.frame(t.title, "data").with_assets(&["chart.css"], &[]);
    if let Err(error) = &outcome {
        frame = frame.with_refusal(error);
    }
    let refused = outcome.is_err();
    let ShownRows { rows, days, more } = outcome.unwrap_or_default();
    let names = names(&rows);
    let title = [t.biz, t.card, t.members, t.member, t.by_store];
    let page = DataPage {
        frame,
        t,
        reports: REPORTS
            .iter()
            .zip(title)
            .map(|(name, title)| (*name, title, *name == query_of_page.report))
            .collect(),
        begin: query_of_page.begin.clone(),
        end: query_of_page.end.clone(),
        sources: [(1, t.by_api, Source::Api), (0, t.by_console, Source::Console)]
            .map(|(no, name, source)| (no, name, source == query_of_page.source))
            .to_vec(),
        cards: cards
            .iter()
            .map(|card| {
                let on = query_of_page.card_id.as_deref() == Some(card.id.as_str());
                (card.id.to_string(), base_text(&card.section, "title"), on)
            })
            .collect(),
        note: if query_of_page.report == BY_STORE { t.store_note } else { t.note },
        chart: drawn(visit.lang, &days),
        more,
        rows: rows.iter().map(|row| names.iter().map(|name| cell(&row[name.as_str()])).collect()).collect(),
        names: names.into_iter().map(|name| (name.clone(), meaning(visit.lang, &name))).collect(),
        csv: format!("{}?{}", visit.url("data.csv"), query(&query_of_page)),
    };
    if refused { visit.refused(&page) } else { visit.page(&page) }
}

fn query(query_of_page: &ReportQuery) -> String {
    let source = query_of_page.source.number().to_string();
    let mut fields = vec![
        ("report".to_owned(), query_of_page.report.to_owned()),
        ("begin_date".to_owned(), query_of_page.begin.clone()),
        ("end_date".to_owned(), query_of_page.end.clone()),
        ("cond_source".to_owned(), source),
    ];
    fields.extend(query_of_page.card_id.clone().map(|id| ("card_id".to_owned(), id)));
    Fields(fields).with("", None)
}

/// The names of the numbers, in the order of the report.
fn names(rows: &[Value]) -> Vec<String> {
    rows.first().and_then(Value::as_object).map(|row| row.keys().cloned().collect()).unwrap_or_default()
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_i64().map_or_else(|| number.to_string(), format::number),
        other => other.to_string(),
    }
}

/// The chart of views, claims and uses by day; all rows of a day are added up.
fn drawn(lang: Lang, days: &BTreeMap<String, [i64; CHARTED.len()]>) -> Option<String> {
    if days.is_empty() {
        return None;
    }
    let line = |(place, number): (usize, Number)| Line {
        name: label(lang, number).to_owned(),
        values: days.values().map(|sums| sums.get(place).copied()).collect(),
        before: false,
    };
    let lines: Vec<Line> = CHARTED.into_iter().enumerate().map(line).collect();
    let labels: Vec<String> = days.keys().map(|day| day.get(5..).unwrap_or(day).to_owned()).collect();
    Some(chart::lines(Texts::of(lang).chart, &labels, &lines))
}

/// The rows as a CSV file for spreadsheets.
pub async fn csv(visit: Visit) -> PageResult {
    let app = visit.app_id();
    let named = match visit.query.get("card_id") {
        Some(id) => cards(&visit.state, app, vec![id.into()]).await?.pop(),
        None => None,
    };
    // A link of the page names the card of every report that needs one.
    let query_of_page = ReportQuery::read(&visit, named.map(|card| card.card_type), None);
    let name = format!("{}-{}-{}.csv", query_of_page.report, query_of_page.begin, query_of_page.end);
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)) {
        return Err(ErrCode::DateFormat.into());
    }
    let body = match query_of_page.coupon_days(&visit).await? {
        Some(days) => {
            let sheet = CouponSheet { days, begun: false };
            large::body(&visit.state.access, app, Vec::new(), sheet).await?
        }
        None => {
            let mut bytes = Vec::new();
            write_sheet(&query_of_page.rows(&visit).await?, true, &mut bytes)?;
            Body::from(bytes)
        }
    };
    reply::download("text/csv; charset=utf-8", &name, body)
}

/// Writes rows as lines of a CSV file. With `begin`, the names of the columns come first.
fn write_sheet(rows: &[Value], begin: bool, out: &mut Vec<u8>) -> Result<()> {
    let failed = |error: std::io::Error| Error::internal(format!("a CSV file cannot be written: {error}"));
    let mut sheet = Sheet::begin(std::mem::take(out), begin).map_err(failed)?;
    let names = names(rows);
    if begin {
        sheet.row(&names).map_err(failed)?;
    }
    for row in rows {
        let plain = |name: &String| match &row[name.as_str()] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        sheet.row(names.iter().map(plain)).map_err(failed)?;
    }
    *out = sheet.finish().map_err(failed)?;
    Ok(())
}

/// Writes the rows of all coupons as a CSV file.
struct CouponSheet {
    days: CouponDays,
    begun: bool,
}

impl LargeAnswer for CouponSheet {
    fn piece(&mut self, store: &dyn Store, out: &mut Vec<u8>) -> Result<bool> {
        let rows = self.days.next_rows(store)?;
        let more = rows.is_some();
        let rows: Vec<_> = rows.iter().flatten().filter_map(|row| self.days.row(row)).collect();
        // The names of the columns are known with the first row.
        if !rows.is_empty() || !(more || self.begun) {
            let begin = !std::mem::replace(&mut self.begun, true);
            write_sheet(&values(rows), begin, out)?;
        }
        Ok(more)
    }
}

pub(super) fn label(lang: Lang, number: Number) -> &'static str {
    let (en, zh) = number.labels();
    lang.pick(en, zh)
}

/// The heading of a column.
fn meaning(lang: Lang, name: &str) -> &'static str {
    let t = Texts::of(lang);
    match name {
        "ref_date" => t.day,
        "card_id" | "cardid" => t.card_label,
        "card_type" => t.kind,
        "location_id" => t.store_no,
        "location_name" => t.store,
        "member_verify_cnt" => t.uses,
        _ => Number::ALL
            .into_iter()
            .find(|number| number.wire() == name)
            .map_or("", |found| label(lang, found)),
    }
}

texts! {
    /// The texts of the page.
    Texts {
        day: "Day", "日期";
        kind: "Kind", "类型";
        title: "Data", "数据";
        report: "Report", "报表";
        biz: "All coupons and tickets", "卡券概况（全部卡券）";
        card: "Coupons one by one", "单张卡券";
        members: "All member cards", "会员卡概况";
        member: "One member card", "单张会员卡";
        by_store: "Consumes by store", "门店核销";
        store: "Store", "门店";
        store_no: "Number of the store", "门店编号";
        uses: "Uses of member cards", "会员卡使用次数";
        store_note: "The sums of the range, of all cards. Days are UTC+8 days, up to yesterday. An undone consume stays counted as a consume, and counts as a return on the day on which it was undone.", "所选日期内全部卡券的合计；按 UTC+8 的自然日统计，截至昨日。已撤销的核销仍计入核销次数，并计入撤销当日的撤销次数。";
        begin: "From", "开始日期";
        end: "Until", "结束日期";
        source: "Cards made", "卡券来源";
        by_api: "by the API", "通过接口创建";
        by_console: "in the console", "在控制台创建";
        card_label: "Card", "卡券";
        any: "Any", "全部";
        show: "Show", "查看";
        csv: "As CSV", "下载 CSV";
        more: "The table shows the first 1,000 rows. The CSV file has all of them.", "表格仅显示前 1,000 行，CSV 文件包含全部数据。";
        none: "There is nothing in this range.", "该范围内没有数据。";
        note: "The same rows as the API call of this name returns. Days are UTC+8 days, up to yesterday.", "与同名接口返回的数据一致；按 UTC+8 的自然日统计，截至昨日。";
        chart: "Claims, uses and views by day", "每日领取、核销与浏览";
    }
}
