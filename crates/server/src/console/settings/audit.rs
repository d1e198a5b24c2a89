//! `/console/{appid}/settings/audit`: the audit log, the newest entry first. No page changes it.

use crate::console::cards::diff::{Line, shown};
use crate::console::{Frame, Visit};
use crate::pages::{PageResult, format, texts};
use crate::state::blocking;
use askama::Template;
use kaquan_core::engine::RecordKind;
use kaquan_core::error::Result;
use kaquan_core::operation::AuditEntry;
use serde_json::Value;

/// Entries on a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "console/settings/audit.html")]
struct AuditPage {
    frame: Frame,
    t: &'static Texts,
    entries: Vec<Entry>,
    next: Option<String>,
}

struct Entry {
    at: String,
    account: String,
    address: String,
    action: String,
    about: String,
    lines: Vec<Line>,
}

pub async fn show(visit: Visit) -> PageResult {
    let app = visit.app_id();
    let before = visit.query.int("before").unwrap_or(i64::MAX);
    let records =
        blocking(&visit.state, move |store| store.records_before(app, RecordKind::AuditEntry, before, PAGE))
            .await?;
    let next = records
        .last()
        .filter(|_| records.len() == PAGE)
        .map(|(key, _)| format!("?{}", visit.query.with("before", Some(&key.no.to_string()))));
    let entries = records.iter().map(|(_, record)| record.value::<AuditEntry>().map(entry));
    let t = Texts::of(visit.lang);
    let entries = entries.collect::<Result<Vec<_>>>()?;
    visit.page(&AuditPage { frame: visit.frame(t.title, "settings"), t, entries, next })
}

fn entry(AuditEntry { at, audit }: AuditEntry) -> Entry {
    let lines = match (audit.before.is_object(), audit.after.is_object()) {
        (true, true) => Line::between(&audit.before, &audit.after),
        _ if audit.before == Value::Null && audit.after == Value::Null => Vec::new(),
        _ => vec![Line {
            field: String::new(),
            before: shown(&audit.before),
            after: shown(&audit.after),
            review: false,
        }],
    };
    Entry {
        at: format::second(at),
        account: audit.account.to_string(),
        address: audit.address.to_string(),
        action: audit.action.to_string(),
        about: audit.about.to_string(),
        lines,
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Audit log", "审计日志";
        none: "Nothing has been done yet.", "还没有记录。";
        at: "When", "时间";
        who: "Who, and from where", "账号与来源地址";
        what: "What", "操作";
        change: "Before and after", "前后内容";
        next: "Older entries", "更早的记录";
    }
}
