//! Changes or ends an announcement: `POST /card/announcement/update`. WeChat manual: "会员卡公告" (announcements on member
//! cards).

use super::{Announcement, Announcements, active_member, check_end, check_texts, keys_of};
use crate::code::CodeRef;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::time::Timestamp;

/// The largest difference between `create_time` in a request and the time of the announcement, in seconds.
const CLOCK_SECS: i64 = 5;

/// Changes the given values of an announcement, or ends it. It cannot be opened again. The holder is not notified.
///
/// # Errors
///
/// The errors of [`super::SendAnnouncement`] except 45009; then 40097 there is no such announcement, or it was ended;
/// 40079 an end that is later than the present one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateAnnouncement {
    pub code: CodeRef,
    /// The time of the announcement, from the reply of the call that sent it. A time that is up to five seconds away
    /// is accepted if it fits one announcement only.
    pub create_time: Timestamp,
    pub text: Option<String>,
    pub url: Option<String>,
    pub thumb_url: Option<String>,
    /// The new end, not later than the present one.
    pub end_time: Option<Timestamp>,
    /// Whether to end it now.
    pub close: bool,
    /// The prefix of the URLs of pictures that were uploaded to this server.
    pub own_pictures: String,
}

impl Command for UpdateAnnouncement {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys_of(&self.code, ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let UpdateAnnouncement { text, url, thumb_url, .. } = self;
        check_texts(text.as_deref(), url.as_deref(), thumb_url.as_deref(), &self.own_pictures)?;
        self.end_time.map_or(Ok(()), |end| check_end(end, now))?;
        let key = Announcements::key(active_member(&self.code, ws, now)?.seq);
        let mut all: Announcements = ws.find_record_of_new(&key, now)?.unwrap_or_default();
        let announcement = self.named(&mut all.0)?;
        if let Some(end_time) = self.end_time {
            if end_time > announcement.end_time {
                return Err(Error::field(ErrCode::InvalidTime, "end_time", "is later than before"));
            }
            announcement.end_time = end_time;
        }
        let texts = [
            (text, &mut announcement.text),
            (url, &mut announcement.url),
            (thumb_url, &mut announcement.thumb_url),
        ];
        for (given, target) in texts {
            if let Some(given) = given {
                target.clone_from(given);
            }
        }
        announcement.closed |= self.close;
        ws.put_record(key, &all)
    }
}

impl UpdateAnnouncement {
    fn named<'a>(&self, all: &'a mut [Announcement]) -> Result<&'a mut Announcement> {
        let refused = |reason: &str| Error::field(ErrCode::InvalidArgs, "create_time", reason);
        let times = || all.iter().map(|announcement| announcement.create_time);
        let near = |at: &Timestamp| at.0.abs_diff(self.create_time.0) <= CLOCK_SECS.unsigned_abs();
        let exact = times().find(|at| *at == self.create_time);
        let at = exact.or_else(|| match times().filter(near).collect::<Vec<_>>()[..] {
            [only] => Some(only),
            _ => None,
        });
        let found = all.iter_mut().find(|announcement| Some(announcement.create_time) == at);
        let found = found.ok_or_else(|| refused("no announcement has this time"))?;
        if found.closed { Err(refused("the announcement was ended")) } else { Ok(found) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::send::tests::{member, send, sent};
    use super::*;
    use crate::engine::testing::*;

    fn update(code: &CodeRef, create_time: Timestamp) -> UpdateAnnouncement {
        UpdateAnnouncement {
            code: code.clone(),
            create_time,
            text: None,
            url: None,
            thumb_url: None,
            end_time: None,
            close: false,
            own_pictures: "https://cards/media/".to_owned(),
        }
    }

    #[test]
    fn only_what_is_given_changes() {
        let (mut world, code) = member();
        let at = world.run(send(&code, &world)).expect("sent");
        let before = sent(&world, &code).remove(0);
        let text = |text: &str| Some(text.to_owned());
        world.run(UpdateAnnouncement { text: text("新"), ..update(&code, at) }).expect("changed");
        world.run(UpdateAnnouncement { url: text("https://a"), ..update(&code, at) }).expect("changed");
        let end_time = before.end_time.plus(-60);
        world.run(UpdateAnnouncement { end_time: Some(end_time), ..update(&code, at) }).expect("changed");
        let after = Announcement { text: "新".into(), url: "https://a".into(), end_time, ..before };
        assert_eq!(sent(&world, &code), [after]);
        let later = UpdateAnnouncement { end_time: Some(end_time.plus(1)), ..update(&code, at) };
        assert_eq!(refusal(world.run(later)), Some(ErrCode::InvalidTime));
    }

    #[test]
    fn an_announcement_is_ended_for_good() {
        let (mut world, code) = member();
        let at = world.run(send(&code, &world)).expect("sent");
        assert!(sent(&world, &code)[0].is_current(world.now));
        world.run(UpdateAnnouncement { close: true, ..update(&code, at) }).expect("ended");
        assert!(!sent(&world, &code)[0].is_current(world.now));
        let again = UpdateAnnouncement { text: Some("x".into()), ..update(&code, at) };
        assert_eq!(refusal(world.run(again)), Some(ErrCode::InvalidArgs));
    }

    #[test]
    fn a_time_of_the_caller_is_accepted_if_it_fits_one_only() {
        let (mut world, code) = member();
        let first = world.run(send(&code, &world)).expect("sent");
        assert_eq!(refusal(world.run(update(&code, first.plus(5)))), None);
        assert_eq!(refusal(world.run(update(&code, first.plus(6)))), Some(ErrCode::InvalidArgs));
        let second = world.run(send(&code, &world)).expect("sent");
        assert_eq!(refusal(world.run(update(&code, second))), None, "exactly");
        assert_eq!(refusal(world.run(update(&code, second.plus(1)))), Some(ErrCode::InvalidArgs), "two");
    }
}
