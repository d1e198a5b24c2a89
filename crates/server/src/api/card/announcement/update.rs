//! `POST /card/announcement/update`. WeChat manual: "会员卡公告" (announcements on member cards).

use crate::http::{Answer, Call};
use crate::media::show;
use kaquan_core::announcement::UpdateAnnouncement;
use kaquan_core::error::{Error, Result};
use kaquan_core::time::Timestamp;

/// `{"code", "card_id", "create_time", "text"?, "url"?, "thumb_url"?, "end_time"?, "close"?}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let code = params.code(&call.app()?.cipher)?;
    params.card_id()?;
    let create_time = params.int("create_time")?.ok_or_else(|| Error::missing("m_data.create_time"))?;
    let update = UpdateAnnouncement {
        code,
        create_time: Timestamp(create_time),
        text: params.text("text")?,
        url: params.text("url")?,
        thumb_url: params.text("thumb_url")?,
        end_time: params.int("end_time")?.map(Timestamp),
        close: params.flag("close")?.unwrap_or(false),
        own_pictures: show::urls(&call.state.public_url),
    };
    call.submit(update).await?;
    Ok(Answer::ok())
}
