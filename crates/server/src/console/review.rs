//! `/console/{appid}/review`: the cards that wait for review, the changes since each was last approved, and the forms
//! of the verdict.

use super::cards::diff::Line;
use super::cards::{document_mark, named};
use super::{Frame, Visit};
use crate::pages::card_details::CardDetails;
use crate::pages::card_view::{self, CardFace, base_text};
use crate::pages::once::{FormObject, Submission};
use crate::pages::{Fault, Form, PageResult, format, texts};
use crate::state::{expensive, records_at};
use askama::Template;
use kaquan_core::app::ReviewPolicy;
use kaquan_core::card::{Card, PassedCard, ReviewCard};
use kaquan_core::error::Error;
use kaquan_core::operation::Expectation;
use kaquan_store::Store;
use serde_json::{Value, json};

/// Cards on the page. The next ones follow when these are reviewed.
const QUEUE_MAX: usize = 20;

#[derive(Template)]
#[template(path = "console/review.html")]
struct ReviewPage {
    frame: Frame,
    t: &'static Texts,
    auto: bool,
    waiting: Vec<QueuedCard>,
    /// Whether more cards wait than the page shows.
    more: bool,
}

struct QueuedCard {
    url: String,
    action: String,
    id: String,
    title: String,
    kind: &'static str,
    since: String,
    /// The mark of the card's document: a verdict is about what the page shows.
    seen: String,
    face: CardFace,
    details: CardDetails,
    /// The changes since the card was last approved; `None` for a card that never was.
    changes: Option<Vec<Line>>,
}

/// The waiting cards, the longest waiting first.
pub async fn show(visit: Visit) -> PageResult {
    visit.page(&page(&visit, None).await?)
}

async fn page(visit: &Visit, refused: Option<&Error>) -> Result<ReviewPage, Fault> {
    let t = Texts::of(visit.lang);
    let mut frame = visit.frame(t.title, "review").with_assets(&["cards.css"], &[]);
    frame.notice = match visit.query.get("done") {
        Some("pass") => Some(t.passed.to_owned()),
        Some("refuse") => Some(t.refused.to_owned()),
        _ => None,
    };
    if let Some(error) = refused {
        frame = frame.with_refusal(error);
    }
    let app = visit.app_id();
    let read = move |store: &dyn Store| store.cards_waiting(app, QUEUE_MAX + 1);
    let mut cards = expensive(&visit.state, app, read).await?;
    let more = cards.len() > QUEUE_MAX;
    cards.truncate(QUEUE_MAX);
    let mut shown = Vec::new();
    for card in &cards {
        let passed = records_at::<PassedCard>(&visit.state, app, vec![PassedCard::key(card.no)]).await?.pop();
        shown.push(waiting(visit, card, passed.as_ref()));
    }
    let auto = visit.row.app.review == ReviewPolicy::Auto;
    Ok(ReviewPage { frame, t, auto, waiting: shown, more })
}

fn waiting(visit: &Visit, card: &Card, passed: Option<&PassedCard>) -> QueuedCard {
    let changes = passed.map(|passed| {
        Line::between(
            &passed.section.clone().into(),
            &Value::from(kaquan_core::card::Object::clone(&card.section)),
        )
    });
    QueuedCard {
        url: visit.url(&format!("cards/{}", card.id)),
        action: visit.url(&format!("review/{}", card.id)),
        id: card.id.to_string(),
        title: base_text(&card.section, "title"),
        kind: card_view::kind_of(visit.lang, card.card_type, &card.section),
        since: format::minute(card.updated_at),
        seen: document_mark(card),
        face: CardFace::of(visit.lang, card),
        details: CardDetails::of(visit.lang, card.card_type, &card.section),
        changes,
    }
}

/// Approves or refuses a card. `verdict` is `pass` or `refuse`; `reason` belongs to a refusal.
pub async fn act(visit: Visit, form: Form) -> PageResult {
    let card = named(&visit).await?;
    let verdict = form.get("verdict").unwrap_or_default().to_owned();
    let refuse = match verdict.as_str() {
        "pass" => None,
        "refuse" => Some(form.get("reason").unwrap_or_default().to_owned()),
        _ => return visit.go("review"),
    };
    let before = json!(card.status.wire());
    let audit =
        visit.audit("card_review", card.id.as_str(), before, json!({"verdict": verdict, "reason": refuse}));
    let object = FormObject {
        name: card.id.to_string(),
        mark: document_mark(&card),
        expected: Some(Expectation::document(&card)),
    };
    match visit.submit(ReviewCard { card_id: card.id.clone(), refuse }, audit, &form, object).await {
        Ok(Submission::Not(why, _)) => visit.go(&format!("review?{}", why.query())),
        Ok(Submission::Done(())) => visit.go(&format!("review?done={verdict}")),
        Err(error) => visit.refused(&page(&visit, Some(&error)).await?),
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Review desk", "审核";
        auto: "Cards of this app pass by themselves. Who reviews them is set in the settings.", "此应用的卡券自动通过审核。可在设置中更改。";
        more: "More cards wait. They are shown when these are reviewed.", "还有更多待审核的卡券，审核完以上卡券后显示。";
        none: "No card waits for review.", "没有待审核的卡券。";
        since: "Waits since", "提交时间";
        new: "A new card: it has not passed before.", "新卡券：此前从未通过审核。";
        changed: "Changed since it last passed", "自上次通过以来的改动";
        unchanged: "Nothing differs from what last passed.", "与上次通过的内容相同。";
        field: "Field", "字段";
        before: "Before", "修改前";
        after: "Now", "现在";
        pass: "Pass", "通过";
        refuse: "Refuse", "不通过";
        reason: "Why it is refused (sent to the merchant's system)", "不通过的原因（将推送给商户系统）";
        passed: "The card has passed.", "已通过审核。";
        refused: "The card was refused.", "已拒绝通过。";
    }
}
