//! `POST /card/membercard/activateuserform/set`. WeChat manual: "创建会员卡" (member cards), one-tap activation.

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::member::{MemberForm, SetMemberForm};

/// `{"card_id", "service_statement"?, "bind_old_card"?, "required_form"?, "optional_form"?}`.
pub async fn handle(call: Call) -> Result<Answer> {
    let set = SetMemberForm { card_id: call.params().card_id()?, form: MemberForm::read(call.body())? };
    call.submit(set).await?;
    Ok(Answer::ok())
}
