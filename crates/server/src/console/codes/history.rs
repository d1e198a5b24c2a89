//! The history of a code as a timeline: its events in the log, in words, the newest first.

use crate::console::Visit;
use crate::console::events::delivery;
use crate::pages::{Fault, Lang, format, texts};
use crate::push::event_payload::EventPayload;
use crate::push::event_query::EventQuery;
use crate::push::search::{FoundEvent, Search};
use crate::state::expensive;
use kaquan_core::event::EventKind;
use kaquan_core::id::EventSeq;
use kaquan_core::member::MemberNote;

/// Events on one page.
const COUNT: usize = 100;

/// A moment in the history of a code.
pub struct Moment {
    pub event: i64,
    /// When.
    pub at: String,
    /// The event, in words.
    pub label: &'static str,
    pub detail: String,
    /// The state of its delivery to the receiver; empty if there is none.
    pub delivery: &'static str,
    /// Whether it can be pushed again.
    pub can_resend: bool,
}

/// The events of a code before this number, and the number from which the next page starts.
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

/// The details of an event.
fn detail(lang: Lang, facts: &EventPayload) -> String {
    let (event, t) = (&facts.event, Texts::of(lang));
    match event.kind {
        EventKind::Claim | EventKind::View => facts.detail().to_owned(),
        EventKind::Consume => {
            let source = [t.by_api, t.by_console, t.by_phone];
            let source = usize::try_from(event.amount).ok().and_then(|at| source.get(at)).unwrap_or(&"");
            [source, facts.detail()].join(" ").trim().to_owned()
        }
        EventKind::GiftStart | EventKind::GiftReturn => facts.friend().to_owned(),
        EventKind::GiftAccept => format!("{} → {} ({})", facts.openid(), facts.friend(), facts.code),
        EventKind::MemberUpdate => {
            let note: MemberNote = serde_json::from_str(facts.detail()).unwrap_or_default();
            let mut parts = Vec::new();
            if event.amount != 0 {
                parts.push(format!("{} {:+}", t.points, event.amount));
            }
            if event.amount2 != 0 {
                parts.push(format!("{} {}", t.balance, format::yuan(event.amount2)));
            }
            parts.extend(note.record_bonus.into_iter().chain(note.record_balance));
            parts.join(" · ")
        }
        EventKind::Pay => format!("{} / {}", format::yuan(event.amount), format::yuan(event.amount2)),
        EventKind::Activate => format!("{} {:+}", t.points, event.amount),
        _ => facts.detail().to_owned(),
    }
}

/// A kind of event in words.
pub fn event_label(lang: Lang, kind: EventKind) -> &'static str {
    let t = Texts::of(lang);
    match kind {
        EventKind::CardCreate => t.card_create,
        EventKind::CardUpdate => t.card_update,
        EventKind::ReviewPass => t.review_pass,
        EventKind::ReviewRefuse => t.review_refuse,
        EventKind::StockChange => t.stock_change,
        EventKind::CardDelete => t.card_delete,
        EventKind::CodeDeposit => t.code_deposit,
        EventKind::SkuRemind => t.sku_remind,
        EventKind::View => t.view,
        EventKind::Claim => t.claim,
        EventKind::Consume => t.consume,
        EventKind::GiftStart => t.gift_start,
        EventKind::GiftAccept => t.gift_accept,
        EventKind::GiftReturn => t.gift_return,
        EventKind::CodeDelete => t.code_delete,
        EventKind::CodeUnavailable => t.code_unavailable,
        EventKind::Expire => t.expire,
        EventKind::CodeUpdate => t.code_update,
        EventKind::Restore => t.restore,
        EventKind::Revive => t.revive,
        EventKind::ConsumeReturn => t.consume_return,
        EventKind::Activate => t.activate,
        EventKind::MemberUpdate => t.member_update,
        EventKind::Pay => t.pay,
        EventKind::FormSubmit => t.form_submit,
        EventKind::SubMerchantReview => t.sub_merchant_review,
        EventKind::PoiCheck => t.poi_check,
    }
}

texts! {
    /// The words for events.
    Texts {
        card_create: "Card created", "创建卡券";
        card_update: "Card changed", "修改卡券";
        review_pass: "Passed review", "审核通过";
        review_refuse: "Refused by review", "审核未通过";
        stock_change: "Stock changed", "修改库存";
        card_delete: "Card deleted", "删除卡券";
        code_deposit: "Codes imported", "导入卡券码";
        sku_remind: "Stock is low", "库存提醒";
        view: "Viewed", "浏览";
        claim: "Claimed", "领取";
        consume: "Consumed", "核销";
        gift_start: "Put up as a gift", "发起转赠";
        gift_accept: "Gift accepted", "接受转赠";
        gift_return: "Gift came back", "转赠退回";
        code_delete: "Deleted by its holder", "用户删除";
        code_unavailable: "Made unavailable", "设为失效";
        expire: "Expired", "过期";
        code_update: "Text of the code changed", "更换卡券码";
        restore: "Taken up again", "重新领回";
        revive: "Can be used again: the card was widened", "有效期延长，恢复可用";
        consume_return: "Consume undone", "撤销核销";
        activate: "Activated", "激活";
        member_update: "Member changed", "会员变动";
        pay: "Paid (of what was due)", "付款（实付 / 应付）";
        form_submit: "Form handed in", "提交资料";
        sub_merchant_review: "Sub-merchant reviewed", "子商户审核";
        poi_check: "Store checked", "门店审核";
        by_api: "by the API", "通过接口";
        by_console: "in the console", "在控制台";
        by_phone: "on a phone", "在手机上";
        points: "points", "积分";
        balance: "balance", "余额";
    }
}
