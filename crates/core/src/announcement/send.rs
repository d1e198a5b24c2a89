//! Sends an announcement to a member: `POST /card/announcement/send`. WeChat manual: "会员卡公告" (announcements on member
//! cards).

use super::{
    Announcement, Announcements, KEPT, MONTHLY_MAX, MonthlyCount, active_member, check_end, check_texts,
    keys_of,
};
use crate::code::CodeRef;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::time::{DAY_SECS, Timestamp};

/// Seconds after which the count of a month is dropped. No month is longer.
const MONTH_SECS: i64 = 31 * DAY_SECS;

/// Sends an announcement to the holder of a member card. Returns its time, which names it.
///
/// # Errors
///
/// In this order: 45021, 47001 and 40097 a text; 52000 the picture; 40079 the end; 40056 and 40073 no such code or
/// card; 40071 not a member card; 40127 not active, deleted, expired or unavailable; 45009 the holder got four
/// announcements in this month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendAnnouncement {
    pub code: CodeRef,
    /// The last second in which it is current, seven days away at most.
    pub end_time: Timestamp,
    /// At most 48 bytes.
    pub text: String,
    /// The link to a page, at most 256 bytes.
    pub url: Option<String>,
    /// The picture in the history, at most 512 bytes.
    pub thumb_url: Option<String>,
    /// The prefix of the URLs of pictures that were uploaded to this server.
    pub own_pictures: String,
}

impl Command for SendAnnouncement {
    type Reply = Timestamp;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys_of(&self.code, ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Timestamp> {
        let (url, thumb_url) = (self.url.as_deref(), self.thumb_url.as_deref());
        check_texts(Some(&self.text), url, thumb_url, &self.own_pictures)?;
        check_end(self.end_time, now)?;
        let code = active_member(&self.code, ws, now)?;
        let (key, count_key) = (Announcements::key(code.seq), MonthlyCount::key(&code.openid));
        let month = now.day().month();
        let count = ws.find_record::<MonthlyCount>(&count_key, now)?.filter(|count| count.month == month);
        let sent = count.map_or(0, |count| count.sent);
        if sent >= MONTHLY_MAX {
            let reason = format!("the holder got {sent} announcements in this month");
            return Err(Error::field(ErrCode::ApiDailyQuota, "code", reason));
        }
        let Announcements(mut list) = ws.find_record_of_new(&key, now)?.unwrap_or_default();
        let after_last = list.last().map(|last| last.create_time.plus(1));
        let create_time = after_last.map_or(now, |after| after.max(now));
        list.push(Announcement {
            create_time,
            end_time: self.end_time,
            text: self.text.clone(),
            url: url.unwrap_or_default().to_owned(),
            thumb_url: thumb_url.unwrap_or_default().to_owned(),
            closed: false,
        });
        list.drain(..list.len().saturating_sub(KEPT));
        ws.put_record(key, &Announcements(list))?;
        let count = MonthlyCount { month, sent: sent + 1 };
        ws.put_record_until(count_key, &count, Some(now.plus(MONTH_SECS)))?;
        Ok(create_time)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::code::{CodeState, UpdateCode};
    use crate::engine::testing::*;
    use crate::member::Activate;
    use crate::operation::Operation;
    use serde_json::json;

    pub fn send(code: &CodeRef, world: &World) -> SendAnnouncement {
        SendAnnouncement {
            code: code.clone(),
            end_time: world.now.plus(DAY_SECS),
            text: "店庆".to_owned(),
            url: None,
            thumb_url: None,
            own_pictures: "https://cards/media/".to_owned(),
        }
    }

    pub fn sent(world: &World, code: &CodeRef) -> Vec<Announcement> {
        let record = world.records.get(&Announcements::key(world.code(code).seq));
        record.map_or_else(Vec::new, |record| record.value::<Announcements>().expect("announcements").0)
    }

    /// A world with an active member.
    pub fn member() -> (World, CodeRef) {
        let mut world = World::new();
        let card = world.create(member_card(json!({}), json!({})));
        let code = world.claim(&card, "o1");
        world.run(Activate::of(code.clone(), "no 1")).expect("active");
        (world, code)
    }

    #[test]
    fn a_holder_gets_four_in_a_month_by_all_cards_and_more_in_the_next() {
        let (mut world, first) = member();
        let card = world.create(member_card(json!({}), json!({})));
        let second = world.claim(&card, "o1");
        world.run(Activate::of(second.clone(), "no 2")).expect("active");
        let other = world.claim(&card, "o2");
        world.run(Activate::of(other.clone(), "no 3")).expect("active");
        let codes = [&first, &second, &first, &second, &first, &other];
        let ops: Vec<_> = codes.into_iter().map(|code| send(code, &world)).collect();
        let refusals: Vec<_> = world.batch(&ops).into_iter().map(refusal).collect();
        assert_eq!(refusals, [None, None, None, None, Some(ErrCode::ApiDailyQuota), None]);
        // The world begins on 23 November at 10:00 in UTC+8.
        world.pass(7 * DAY_SECS + 14 * 3600 - 1);
        assert_eq!(refusal(world.run(send(&first, &world))), Some(ErrCode::ApiDailyQuota));
        world.pass(1);
        assert_eq!(refusal(world.run(send(&first, &world))), None, "1 December");
    }

    #[test]
    fn announcements_of_one_second_have_times_of_their_own() {
        let (mut world, code) = member();
        let now = world.now;
        let replies = world.batch(&[send(&code, &world), send(&code, &world), send(&code, &world)]);
        assert_eq!(replies, [Ok(now), Ok(now.plus(1)), Ok(now.plus(2))]);
        assert_eq!(sent(&world, &code).len(), 3);
    }

    #[test]
    fn a_code_with_another_text_is_found_by_the_former_text_too() {
        let mut world = World::new();
        let card = world.create(member_card(json!({"use_custom_code": true}), json!({})));
        let old = world.claim_as(&card, "o1", Some("old"));
        let new = CodeRef { text: "new".into(), ..old.clone() };
        world.run(Activate::of(old.clone(), "no 1")).expect("active");
        let update = UpdateCode { code: old.clone(), new_code: "new".into() };
        let ops: [Operation; 3] = [update.into(), send(&old, &world).into(), send(&new, &world).into()];
        let replies = world.batch(&ops);
        assert!(replies.iter().all(Result::is_ok), "{replies:?}");
        for code in [&old, &new] {
            assert_eq!(refusal(world.run(send(code, &world))), None, "{}", code.text.as_str());
        }
        assert_eq!(sent(&world, &new).len(), 4);
    }

    #[test]
    fn announcement_errors_follow_the_documented_order() {
        let (world, code) = member();
        let mut op = SendAnnouncement {
            code: no_code(),
            end_time: world.now,
            text: "x".repeat(49),
            url: Some("javascript:1".to_owned()),
            thumb_url: Some("https://elsewhere/a.png".to_owned()),
            ..send(&code, &world)
        };
        let (week, own) = (world.now.plus(7 * DAY_SECS), "https://cards/media/wx1/a.png".to_owned());
        type Change<'a> = &'a dyn Fn(&mut SendAnnouncement);
        let steps: [(ErrCode, Change<'_>); 6] = [
            (ErrCode::OutOfLengthLimit, &|op| op.text = "x".repeat(48)),
            (ErrCode::InvalidArgs, &|op| op.url = Some("https://a".to_owned())),
            (ErrCode::PicNotFromCdn, &|op| op.thumb_url = Some(own.clone())),
            (ErrCode::InvalidTime, &|op| op.end_time = week.plus(1)),
            (ErrCode::InvalidTime, &|op| op.end_time = week),
            (ErrCode::InvalidSerialCode, &|op| op.code = code.clone()),
        ];
        for (expected, mend) in steps {
            assert_eq!(refusal(world.clone().run(op.clone())), Some(expected));
            mend(&mut op);
        }
        assert_eq!(refusal(world.clone().run(op)), None);
    }

    #[test]
    fn only_an_active_member_gets_one() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        assert_eq!(refusal(world.run(send(&code, &world))), Some(ErrCode::InvalidCardType));
        let inactive = member_card(json!({}), json!({}));
        for state in [CodeState::Normal, CodeState::Delete, CodeState::Unavailable] {
            let (mut world, code) = World::with_code_in(state, inactive.clone());
            let refused = refusal(world.run(send(&code, &world)));
            assert_eq!(refused, Some(ErrCode::InvalidUserCardStatus), "{}", state.wire());
        }
    }
}
