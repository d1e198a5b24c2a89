//! `POST /card/announcement/send`. WeChat manual: "会员卡公告" (announcements on member cards).

use crate::http::{Answer, Call};
use crate::media::show;
use kaquan_core::announcement::SendAnnouncement;
use kaquan_core::error::{Error, Result};
use kaquan_core::time::Timestamp;
use serde::Serialize;

/// `{"code", "card_id", "end_time", "text", "url"?, "thumb_url"?}` answers a [`SentReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = params.code(&call.app()?.cipher)?;
    params.card_id()?;
    let end_time = params.int("end_time")?.ok_or_else(|| Error::missing("m_data.end_time"))?;
    let send = SendAnnouncement {
        code,
        end_time: Timestamp(end_time),
        text: params.text("text")?.ok_or_else(|| Error::missing("m_data.text"))?,
        url: params.text("url")?,
        thumb_url: params.text("thumb_url")?,
        own_pictures: show::urls(&call.state.public_url),
    };
    let create_time = call.submit(send).await?;
    Answer::with(&SentReply { create_time })
}

/// The reply of `/card/announcement/send`.
#[derive(Debug, Serialize)]
struct SentReply {
    /// The time that names the announcement in updates.
    create_time: Timestamp,
}
