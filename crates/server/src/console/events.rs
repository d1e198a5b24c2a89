//! `/console/{appid}/events`: the deliveries to the merchant's receiver, each with its payload and attempts. A button
//! pushes an event again.

use super::event_words::{delivery, event_label};
use super::{Frame, Visit};
use crate::pages::once::{Changed, FormObject, NotDone, Submission};
use crate::pages::{Fault, Form, PageResult, format, texts};
use crate::push::event_query::EventQuery;
use crate::push::search::{PushState, Search};
use crate::state::expensive;
use askama::Template;
use kaquan_core::error::Result;
use kaquan_core::event::EventKind;
use kaquan_core::id::EventSeq;
use kaquan_store::SettingsChange;
use serde_json::json;

/// Events on a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "console/events.html")]
struct EventsPage {
    frame: Frame,
    t: &'static Texts,
    callback: Option<String>,
    settings_url: Option<String>,
    states: Vec<(&'static str, &'static str, bool)>,
    kinds: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    next: Option<String>,
    next_text: &'static str,
}

struct Row {
    url: String,
    at: String,
    label: &'static str,
    about: String,
    openid: String,
    state: (&'static str, &'static str),
    tries: String,
}

#[derive(Template)]
#[template(path = "console/event.html")]
struct EventPage {
    frame: Frame,
    t: &'static Texts,
    at: String,
    label: &'static str,
    kind: &'static str,
    state: (&'static str, &'static str),
    message: String,
    attempts: Vec<(String, String, String, String, String)>,
    action: String,
    can_resend: bool,
}

/// The list of deliveries, the newest first.
pub async fn show(visit: Visit) -> PageResult {
    let t = Texts::of(visit.lang);
    let asked_state = visit.query.get("delivery").and_then(PushState::from_name);
    let asked_kind = visit.query.get("kind").and_then(EventKind::from_name);
    let wanted = EventQuery {
        kinds: asked_kind.into_iter().collect(),
        state: asked_state,
        before: visit.query.int("before").map(EventSeq),
        count: PAGE,
        ..EventQuery::default()
    };
    let (app, id) = (visit.app.clone(), visit.app_id());
    let (callback, (found, next)) = expensive(&visit.state, visit.app_id(), move |store| -> Result<_> {
        let query = wanted.resolve(store, &app)?;
        Ok((store.callback(id)?, Search::new(store, &app)?.list(&query)?))
    })
    .await?;
    let row = |found: &crate::push::search::FoundEvent| {
        let facts = &found.payload;
        Row {
            url: visit.url(&format!("events/{}", facts.event.seq)),
            at: format::second(facts.event.at),
            label: event_label(visit.lang, facts.event.kind),
            about: if facts.code.is_empty() { facts.card_id.clone() } else { facts.code.clone() },
            openid: facts.openid().to_owned(),
            state: delivery(visit.lang, found.state),
            tries: found.row.as_ref().map_or(String::new(), |row| row.tries.to_string()),
        }
    };
    let owner = visit.role.covers(kaquan_store::Role::Owner);
    visit.page(&EventsPage {
        frame: visit.frame(t.title, "events"),
        t,
        callback: callback.map(|callback| callback.url),
        settings_url: owner.then(|| visit.url("settings#callback")),
        states: PushState::ALL
            .map(|of| (of.name(), delivery(visit.lang, of).0, asked_state == Some(of)))
            .to_vec(),
        kinds: EventKind::ALL
            .iter()
            .map(|kind| (kind.name(), event_label(visit.lang, *kind), asked_kind == Some(*kind)))
            .collect(),
        next_text: if found.len() < PAGE { t.further } else { t.next },
        rows: found.iter().map(row).collect(),
        next: next.map(|next| format!("?{}", visit.query.with("before", Some(&next.to_string())))),
    })
}

/// The page of the event in the path.
pub async fn one(visit: Visit) -> PageResult {
    let t = Texts::of(visit.lang);
    let seq = EventSeq(visit.param("event").parse().map_err(|_| Fault::NOT_FOUND)?);
    let (app, recent) = (visit.app.clone(), visit.state.push.recent(visit.app_id()));
    let detail =
        expensive(&visit.state, visit.app_id(), move |store| Search::new(store, &app)?.one(seq, recent))
            .await?;
    let detail = detail.ok_or(Fault::NOT_FOUND)?;
    let event = &detail.found.payload.event;
    let title = format!("{} · {}", event_label(visit.lang, event.kind), event.seq);
    let mut frame = visit.frame(title, "events");
    frame.notice = visit.query.get("done").map(|_| t.resent.to_owned());
    let attempt = |attempt: &kaquan_store::Attempt| {
        let status = if attempt.status == 0 { "–".to_owned() } else { attempt.status.to_string() };
        let millis = format!("{} ms", attempt.millis);
        (format::second(attempt.at), status, millis, attempt.outcome.clone(), attempt.answer.clone())
    };
    visit.page(&EventPage {
        frame,
        t,
        at: format::second(event.at),
        label: event_label(visit.lang, event.kind),
        kind: event.kind.name(),
        state: delivery(visit.lang, detail.found.state),
        message: detail.message.clone(),
        attempts: detail.attempts.iter().map(attempt).collect(),
        action: visit.url(&format!("events/{}", event.seq)),
        can_resend: !matches!(detail.found.state, PushState::None | PushState::Waiting),
    })
}

/// Pushes the event in the path again.
pub async fn resend(visit: Visit, form: Form) -> PageResult {
    let seq = EventSeq(visit.param("event").parse().map_err(|_| Fault::NOT_FOUND)?);
    match push_again(&visit, &form, seq).await? {
        None => visit.go(&format!("events/{seq}?done=resend")),
        Some(why) => visit.go(&format!("events/{seq}?{}", why.query())),
    }
}

/// Pushes an event again, with an entry in the audit log. Returns why it was not done, if so.
pub async fn push_again(visit: &Visit, form: &Form, seq: EventSeq) -> Result<Option<NotDone>> {
    let audit = visit.audit("event_resend", &seq.to_string(), json!(null), json!(null));
    let object = FormObject::named(format!("event {seq}"));
    let app = visit.app.clone();
    let (pushed, _) = expensive(&visit.state, visit.app_id(), move |store| {
        let query = EventQuery::one(seq).resolve(store, &app)?;
        Search::new(store, &app)?.pushed(&query)
    })
    .await?;
    match visit.change(SettingsChange::PushAgain(pushed), audit, form, object).await? {
        Submission::Not(why, _) => Ok(Some(why)),
        // The event is not pushed any more: the receiver or its mode has changed since.
        Submission::Done(Changed::Refused) => Ok(Some(NotDone::Moved)),
        Submission::Done(_) => {
            visit.state.push.wake();
            Ok(None)
        }
    }
}

texts! {
    /// The texts of the pages.
    Texts {
        title: "Event push", "事件推送";
        to: "Events go to", "推送地址";
        nowhere: "Events go nowhere: no receiver is set.", "尚未设置接收地址，事件不会推送。";
        set: "Settings", "前往设置";
        state: "Delivery", "推送状态";
        kind: "What happened", "事件";
        any: "Any", "全部";
        show: "Show", "查看";
        at: "When", "时间";
        about: "Code or card", "码或卡券";
        holder: "Holder", "用户";
        tries: "Tries", "次数";
        empty: "No event is like that.", "没有符合条件的事件。";
        empty_so_far: "No event is like that in the part of the log that was searched.", "已查找的部分没有符合条件的事件。";
        next: "Older ones", "更早的";
        further: "Search further back", "继续向前查找";
        message: "What is sent", "推送内容";
        attempts: "Attempts", "推送记录";
        no_attempts: "No attempt is remembered.", "没有保留的推送记录。";
        status: "Status", "状态码";
        took: "Took", "耗时";
        outcome: "Outcome", "结果";
        answer: "Answer", "应答";
        resend: "Push again", "重新推送";
        resent: "It will be pushed again.", "将重新推送。";
    }
}
