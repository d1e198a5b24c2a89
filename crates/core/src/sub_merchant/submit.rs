//! Submits a sub-merchant: `POST /card/submerchant/submit`. WeChat manual: "第三方代制" (cards for sub-merchants).

use super::review::enter_review;
use super::{ShownSubMerchant, SubMerchant, SubMerchantInfo, Verdict, check_paper};
use crate::engine::{Command, Keys, WorkingSet, sequence_key};
use crate::error::Result;
use crate::time::Timestamp;

/// Submits a sub-merchant. Returns the value of `info`, in which the status is still CHECKING.
///
/// # Errors
///
/// The errors of [`SubMerchantInfo::check`]; then 40007 a paper that is no temporary image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitSubMerchant {
    /// The submitted data.
    pub info: SubMerchantInfo,
    /// The prefix of the URLs of pictures that were uploaded to this server.
    pub own_pictures: String,
    /// The field of a paper that is no temporary image, or has expired.
    pub missing_paper: Option<&'static str>,
}

impl Command for SubmitSubMerchant {
    type Reply = ShownSubMerchant;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(sequence_key::<SubMerchant>());
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<ShownSubMerchant> {
        self.info.check(&self.own_pictures, now)?;
        check_paper(self.missing_paper)?;
        let merchant_id = ws.next_no::<SubMerchant>()?;
        let info = self.info.clone();
        let merchant = SubMerchant { info, verdict: Verdict::Checking, created_at: now, updated_at: now };
        enter_review(ws, merchant_id, merchant, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ReviewPolicy;
    use crate::card::{Card, CreateCard, Source};
    use crate::engine::testing::*;
    use crate::error::ErrCode;
    use crate::event::EventKind;
    use crate::id::CardId;
    use crate::sub_merchant::ReviewSubMerchant;
    use serde_json::json;

    fn info() -> SubMerchantInfo {
        SubMerchantInfo {
            brand_name: "分店".into(),
            logo_url: "http://mmbiz.qpic.cn/a".into(),
            protocol: "media".into(),
            end_time: START.0 + 1000,
            primary_category_id: 1,
            secondary_category_id: 101,
            ..SubMerchantInfo::default()
        }
    }

    fn submit(info: SubMerchantInfo) -> SubmitSubMerchant {
        SubmitSubMerchant { info, own_pictures: "https://cards/media/".to_owned(), missing_paper: None }
    }

    fn create(world: &mut World, merchant_id: i64) -> Result<CardId> {
        let card = object(groupon(json!({"sub_merchant_info": {"merchant_id": merchant_id}})));
        let card_id = CardId::from(format!("p{:027}", world.counters.card_no));
        world.run(CreateCard { card_id, source: Source::Api, card })
    }

    #[test]
    fn a_card_names_a_sub_merchant_that_passed_and_has_not_expired() {
        let mut world = World::reviewed_by(ReviewPolicy::Manual);
        let shown = json!(world.run(submit(info())).expect("filed"));
        assert_eq!((&shown["merchant_id"], &shown["status"]), (&json!(1), &json!("CHECKING")));
        assert_eq!(refusal(create(&mut world, 2)), Some(ErrCode::InvalidSubMerchantId));
        assert_eq!(refusal(create(&mut world, 1)), Some(ErrCode::InvalidSubMerchantStatus));
        world.run(ReviewSubMerchant { merchant_id: 1, refuse: None }).expect("passed");
        let card = create(&mut world, 1).expect("a card");
        let of = |card: &Card| card.terms.sub_merchant_id;
        assert_eq!(of(world.card(&card)), 1);
        world.pass(1001);
        assert_eq!(refusal(create(&mut world, 1)), Some(ErrCode::InvalidSubMerchantStatus));
        create(&mut world, 0).expect("0 is none");
    }

    #[test]
    fn where_everything_passes_the_reply_still_says_that_it_waits() {
        let mut world = World::new();
        let shown = json!(world.run(submit(info())).expect("filed"));
        assert_eq!(shown["status"], "CHECKING");
        let event = world.events.last().expect("an event");
        assert_eq!((event.kind, event.amount, event.amount2), (EventKind::SubMerchantReview, 1, 1));
        create(&mut world, 1).expect("a card");
    }

    #[test]
    fn a_logo_is_uploaded_here_or_lies_at_wechats() {
        for (logo_url, expected) in [
            ("https://cards/media/wx1/a.png", None),
            ("http://mmbiz.qpic.cn/mmbiz/a/0", None),
            ("https://mmbiz.qlogo.cn/mmbiz/a/0?wx_fmt=png", None),
            ("https://cards/other/a.png", Some(ErrCode::PicNotFromCdn)),
            ("http://example.com/mmbiz.qpic.cn/a", Some(ErrCode::PicNotFromCdn)),
            ("mmbiz.qpic.cn/a", Some(ErrCode::PicNotFromCdn)),
        ] {
            let info = SubMerchantInfo { logo_url: logo_url.into(), ..info() };
            assert_eq!(refusal(World::new().run(submit(info))), expected, "{logo_url}");
        }
    }

    #[test]
    fn sub_merchant_submit_errors_follow_the_documented_order() {
        let mut world = World::new();
        let long = "x".repeat(37);
        let mut op = submit(SubMerchantInfo { app_id: long, ..Default::default() });
        for (expected, mend) in [
            (ErrCode::BrandNameEmpty, (|info| info.brand_name = "x".repeat(37)) as fn(&mut SubMerchantInfo)),
            (ErrCode::OutOfLengthLimit, |info| info.brand_name.truncate(36)),
            (ErrCode::OutOfLengthLimit, |info| info.app_id = "gh_1".into()),
            (ErrCode::MissingFields, |info| info.logo_url = "a".into()),
            (ErrCode::MissingFields, |info| info.protocol = "a".into()),
            (ErrCode::NoText, |info| info.app_id = "wx1".into()),
            (ErrCode::PicNotFromCdn, |info| info.logo_url = "https://cards/media/a".into()),
            (ErrCode::MissingFields, |info| info.end_time = 1),
            (ErrCode::MissingFields, |info| info.primary_category_id = 1),
            (ErrCode::MissingFields, |info| info.secondary_category_id = 201),
            (ErrCode::InvalidTime, |info| info.end_time = START.0),
            (ErrCode::InvalidCardCategory, |info| info.secondary_category_id = 101),
        ] {
            let with_fault = SubmitSubMerchant { missing_paper: Some("info.protocol"), ..op.clone() };
            assert_eq!(refusal(world.clone().run(with_fault)), Some(expected));
            mend(&mut op.info);
        }
        op.missing_paper = Some("info.protocol");
        assert_eq!(refusal(world.clone().run(op.clone())), Some(ErrCode::InvalidMediaId));
        op.missing_paper = None;
        assert_eq!(refusal(world.run(op)), None);
    }
}
