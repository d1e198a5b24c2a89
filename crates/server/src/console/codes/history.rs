//! The history of a code: its events in the log, in words, the newest first.

use crate::console::Visit;
use crate::console::event_words::{delivery, event_label};
use crate::pages::{Fault, Lang, format, texts};
use crate::push::event_payload::EventPayload;
use crate::push::event_query::EventQuery;
use crate::push::search::{FoundEvent, Search};
use crate::push::xml::consume_detail;
use crate::state::expensive;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::EventSeq;
use kaquan_core::member::MemberNote;

/// Events on one page.
const COUNT: usize = 100;

/// An event in the history of a code.
pub struct Moment {
    pub event: i64,
    /// When the event happened.
    pub at: String,
    /// The kind of event in words.
    pub label: &'static str,
    pub detail: String,
    /// The state of its delivery to the receiver; empty if there is none.
    pub delivery: &'static str,
    /// Whether the event can be pushed again.
    pub can_resend: bool,
}

/// The events of a code before this number. Also returns the number from which the next page starts.
pub async fn of_code(
    visit: &Visit,
    code: &str,
    card_id: Option<String>,
    before: Option<i64>,
) -> Result<(Vec<Moment>, Option<i64>), Fault> {
    let wanted = EventQuery {
        code: Some(code.into()),
        card_id: card_id.map(Into::into),
        before: before.map(EventSeq),
        count: COUNT,
        ..EventQuery::default()
    };
    let app = visit.app.clone();
    let (found, next) = expensive(&visit.state, visit.app_id(), move |store| {
        let query = wanted.resolve(store, &app)?;
        Search::new(store, &app)?.list(&query)
    })
    .await?;
    let moments = found.iter().map(|found| moment(visit.lang, found)).collect();
    Ok((moments, next.map(|next| next.0)))
}

fn moment(lang: Lang, found: &FoundEvent) -> Moment {
    use crate::push::search::PushState;
    let event = &found.payload.event;
    Moment {
        event: event.seq.0,
        at: format::second(event.at),
        label: event_label(lang, event.kind),
        detail: detail(lang, &found.payload),
        delivery: if found.state == PushState::None { "" } else { delivery(lang, found.state).0 },
        can_resend: !matches!(found.state, PushState::None | PushState::Waiting),
    }
}

fn detail(lang: Lang, facts: &EventPayload) -> String {
    let (event, t) = (&facts.event, Texts::of(lang));
    match event.kind {
        EventKind::Claim | EventKind::View => facts.detail().to_owned(),
        EventKind::Consume => {
            let source = [t.by_api, t.by_console, t.by_phone];
            let source = usize::try_from(event.amount).ok().and_then(|at| source.get(at)).unwrap_or(&"");
            let (note, outer_str) = consume_detail(facts);
            // The till names its store as the channel too.
            let outer_str = Some(outer_str).filter(|text| *text != facts.location_name);
            let entered = [note.verify_code, note.remark_amount, note.trans_id, note.out_trade_no];
            let mut parts: Vec<&str> = [*source].into_iter().chain(outer_str).collect();
            parts.extend(entered.iter().flatten().map(String::as_str));
            parts.extend([facts.location_name.as_str(), facts.staff()]);
            parts.retain(|part| !part.is_empty());
            parts.join(" · ")
        }
        EventKind::ConsumeReturn => {
            let parts = [facts.detail(), facts.location_name.as_str()];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
        }
        EventKind::GiftStart | EventKind::GiftReturn => facts.friend().to_owned(),
        EventKind::GiftAccept => format!("{} → {} ({})", facts.openid(), facts.friend(), facts.code),
        EventKind::MemberUpdate => {
            let note: MemberNote = serde_json::from_str(facts.detail()).unwrap_or_default();
            let mut parts = amounts(t, event);
            parts.extend(note.record_bonus.into_iter().chain(note.record_balance));
            parts.join(" · ")
        }
        EventKind::Pay => {
            let amounts = format!("{} / {}", format::yuan(event.amount), format::yuan(event.amount2));
            let parts = [amounts.as_str(), &facts.location_name, facts.staff()];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
        }
        EventKind::Activate | EventKind::InitBalance => amounts(t, event).join(" · "),
        _ => facts.detail().to_owned(),
    }
}

/// The changes of points and balance.
fn amounts(t: &Texts, event: &Event) -> Vec<String> {
    let points = (event.amount != 0).then(|| format!("{} {:+}", t.points, event.amount));
    let balance = (event.amount2 != 0).then(|| format!("{} {}", t.balance, format::yuan(event.amount2)));
    points.into_iter().chain(balance).collect()
}

texts! {
    /// The words for details.
    Texts {
        by_api: "by the API", "通过接口";
        by_console: "in the console", "在控制台";
        by_phone: "on a phone", "在手机上";
        points: "points", "积分";
        balance: "balance", "余额";
    }
}
