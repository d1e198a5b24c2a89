//! Words for the kinds of events and for the states of deliveries.

use crate::pages::{Lang, texts};
use crate::push::search::PushState;
use kaquan_core::event::EventKind;

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
        EventKind::ExpireUndone => t.expire_undone,
        EventKind::ConsumeReturn => t.consume_return,
        EventKind::Activate => t.activate,
        EventKind::InitBalance => t.init_balance,
        EventKind::Unactivate => t.unactivate,
        EventKind::MemberUpdate => t.member_update,
        EventKind::Pay => t.pay,
        EventKind::FormSubmit => t.form_submit,
        EventKind::SubMerchantReview => t.sub_merchant_review,
        EventKind::PoiCheck => t.poi_check,
    }
}

/// The state of a delivery in words, and the CSS class of its badge.
pub fn delivery(lang: Lang, state: PushState) -> (&'static str, &'static str) {
    let t = Texts::of(lang);
    match state {
        PushState::None => (t.none, ""),
        PushState::Waiting => (t.waiting, "info"),
        PushState::Pending => (t.pending, "warn"),
        PushState::DeadLettered => (t.parked, "bad"),
        PushState::Delivered => (t.delivered, "good"),
    }
}

texts! {
    /// The words.
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
        expire_undone: "An expiry recorded by a wrong clock, taken back", "时钟错误而误记的过期，已撤销";
        revive: "Can be used again: the card was widened", "有效期延长，恢复可用";
        consume_return: "Consume undone", "撤销核销";
        activate: "Activated", "激活";
        init_balance: "Points and balance at the claim", "领取时的积分与余额";
        unactivate: "Activation ended", "取消激活";
        member_update: "Member changed", "会员变动";
        pay: "Paid (of what was due)", "付款（实付 / 应付）";
        form_submit: "Form handed in", "提交资料";
        sub_merchant_review: "Sub-merchant reviewed", "子商户审核";
        poi_check: "Store checked", "门店审核";
        none: "not pushed", "不推送";
        waiting: "on its way", "等待推送";
        pending: "will be tried again", "将重试";
        parked: "no longer retried", "已搁置";
        delivered: "delivered", "已送达";
    }
}
