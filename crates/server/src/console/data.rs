//! `/console/{appid}/data`: the four reports as chart, table and CSV, over any range of up to 62 closed days. The rows are those
//! of the API, made by the same code.

use super::cards::all;
use super::{Frame, Visit};
use crate::api::datacube::reading;
use crate::draw::chart::{self, Line};
use crate::pages::card_view::base_text;
use crate::pages::{Fields, Lang, PageResult, format, reply, texts};
use crate::sheet::Sheet;
use askama::Template;
use kaquan_core::card::Source;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::CardId;
use kaquan_core::stats::report::{self, TypeNumbering};
use kaquan_core::stats::{DateRange, Number, Scope};
use serde::Serialize;
use serde_json::{Value, json};

/// Days shown if the query has no range.
const DAYS: i32 = 30;

/// The reports, by the names of their calls.
const REPORTS: [&str; 4] =
    ["getcardbizuininfo", "getcardcardinfo", "getcardmembercardinfo", "getcardmembercarddetail"];

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
    chart: Option<String>,
    /// The names of the numbers on the wire, each with its label.
    names: Vec<(String, &'static str)>,
    rows: Vec<Vec<String>>,
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
    fn read(visit: &Visit, cards: &[(String, bool)]) -> ReportQuery {
        let yesterday = visit.now().day().plus(-1);
        let day = |key: &str, otherwise: i32| {
            visit.query.get(key).map_or_else(|| yesterday.plus(otherwise).to_string(), str::to_owned)
        };
        let card_id = visit.query.get("card_id").map(str::to_owned);
        let member =
            card_id.as_ref().and_then(|id| cards.iter().find(|(card, _)| card == id)).map(|(_, m)| *m);
        let named = visit.query.get("report").and_then(|name| REPORTS.into_iter().find(|of| *of == name));
        let report = named.unwrap_or(match member {
            None => REPORTS[0],
            Some(false) => REPORTS[1],
            Some(true) => REPORTS[3],
        });
        // The report of one member card needs one.
        let first_member = || cards.iter().find(|(_, member)| *member).map(|(id, _)| id.clone());
        ReportQuery {
            report,
            begin: day("begin_date", 1 - DAYS),
            end: day("end_date", 0),
            source: if visit.query.get("cond_source") == Some("0") { Source::Console } else { Source::Api },
            card_id: if report == REPORTS[3] && member != Some(true) { first_member() } else { card_id },
        }
    }

    /// The rows, as the API call of the same name returns them.
    async fn rows(&self, visit: &Visit) -> Result<Vec<Value>> {
        let (state, app) = (&visit.state, visit.app_id());
        let (begin, end) = (Value::from(&*self.begin), Value::from(&*self.end));
        let range = DateRange::read(Some(&begin), Some(&end), visit.now().day())?;
        let card = match &self.card_id {
            None => None,
            Some(id) => reading::card(state, app, CardId::from(id.as_str())).await?,
        };
        Ok(match (self.report, card) {
            ("getcardbizuininfo", _) => {
                let scope = Some(Scope::Coupons(self.source));
                values(report::biz_uin_info(&reading::rows(state, app, range, scope).await?, self.source))
            }
            ("getcardmembercardinfo", _) => {
                let scope = Some(Scope::Members(self.source));
                values(report::member_card_info(&reading::rows(state, app, range, scope).await?, self.source))
            }
            ("getcardmembercarddetail", Some(card)) => {
                let scope = Some(Scope::Card(card.no));
                values(report::member_card_detail(&reading::rows(state, app, range, scope).await?, &card))
            }
            ("getcardcardinfo", card) => {
                let only = card.as_ref().map(|card| card.id.clone());
                let scope = card.as_ref().map(|card| Scope::Card(card.no));
                let rows = reading::rows(state, app, range, scope).await?;
                // A card that the query names is shown for every source.
                let source = card.as_ref().map_or(self.source, |card| card.source);
                let cards = reading::cards(state, app).await?;
                values(report::card_info(&rows, &cards, source, only.as_ref(), TypeNumbering::Documented))
            }
            _ => Vec::new(),
        })
    }
}

/// Rows as documents, so that the page shows every report in one way.
fn values(rows: Vec<impl Serialize>) -> Vec<Value> {
    rows.into_iter().map(|row| json!(row)).collect()
}

pub async fn show(visit: Visit) -> PageResult {
    let t = Texts::of(visit.lang);
    let cards = all(&visit).await?;
    let kinds: Vec<(String, bool)> =
        cards.iter().map(|card| (card.id.to_string(), card.card_type.is_member_card())).collect();
    let query_of_page = ReportQuery::read(&visit, &kinds);
    let outcome = query_of_page.rows(&visit).await;
    let mut frame = visit.frame(t.title, "data").with_assets(&["chart.css"], &[]);
    if let Err(error) = &outcome {
        frame = frame.with_refusal(error);
    }
    let refused = outcome.is_err();
    let rows = outcome.unwrap_or_default();
    let names = names(&rows);
    let title = [t.biz, t.card, t.members, t.member];
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
        chart: drawn(visit.lang, &rows),
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

/// Views, claims and uses by day, all rows of a day together.
fn drawn(lang: Lang, rows: &[Value]) -> Option<String> {
    let mut days: Vec<&str> = rows.iter().filter_map(|row| row["ref_date"].as_str()).collect();
    days.sort_unstable();
    days.dedup();
    if days.is_empty() {
        return None;
    }
    let line = |number: Number| {
        let on = |day: &&str| {
            let of_day = rows.iter().filter(|row| row["ref_date"].as_str() == Some(day));
            Some(of_day.filter_map(|row| row[number.wire()].as_i64()).sum())
        };
        Line { name: label(lang, number).to_owned(), values: days.iter().map(on).collect(), before: false }
    };
    let lines = [Number::view_cnt, Number::receive_cnt, Number::verify_cnt].map(line);
    let labels: Vec<String> = days.iter().map(|day| day.get(5..).unwrap_or(day).to_owned()).collect();
    Some(chart::lines(Texts::of(lang).chart, &labels, &lines))
}

/// The rows as a file for spreadsheets.
pub async fn csv(visit: Visit) -> PageResult {
    let cards = all(&visit).await?;
    let kinds: Vec<(String, bool)> =
        cards.iter().map(|card| (card.id.to_string(), card.card_type.is_member_card())).collect();
    let query_of_page = ReportQuery::read(&visit, &kinds);
    let rows = query_of_page.rows(&visit).await?;
    let names = names(&rows);
    let failed = |error: std::io::Error| Error::internal(format!("a CSV file cannot be written: {error}"));
    let mut sheet = Sheet::begin(Vec::new(), true).map_err(failed)?;
    sheet.row(&names).map_err(failed)?;
    for row in &rows {
        let plain = |name: &String| match &row[name.as_str()] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        sheet.row(names.iter().map(plain)).map_err(failed)?;
    }
    let bytes = sheet.finish().map_err(failed)?;
    let name = format!("{}-{}-{}.csv", query_of_page.report, query_of_page.begin, query_of_page.end);
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)) {
        return Err(ErrCode::DateFormat.into());
    }
    reply::download("text/csv; charset=utf-8", &name, bytes)
}

/// The label of a number.
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
        begin: "From", "开始日期";
        end: "Until", "结束日期";
        source: "Cards made", "卡券来源";
        by_api: "by the API", "通过接口创建";
        by_console: "in the console", "在控制台创建";
        card_label: "Card", "卡券";
        any: "Any", "全部";
        show: "Show", "查看";
        csv: "As CSV", "下载 CSV";
        none: "There is nothing in this range.", "该范围内没有数据。";
        note: "The same rows as the API call of this name returns. Days are UTC+8 days, up to yesterday.", "与同名接口返回的数据一致；按 UTC+8 的自然日统计，截至昨日。";
        chart: "Claims, uses and views by day", "每日领取、核销与浏览";
    }
}
