//! Marks a code for the holder who will use it: `POST /card/code/mark`. Ordinary cards do not need this. A code that
//! is marked for another holder cannot be consumed. WeChat manual: "朋友的券" (friends' coupons), mark a code.

use super::CodeRef;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::OpenId;
use crate::text;
use crate::time::Timestamp;

/// Marks a code for a holder, or removes the mark.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40099 and 40127 the code cannot be used; 40146 marked for
/// another holder; 40003 the text is no openid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkCode {
    pub code: CodeRef,
    /// The holder who will use the code.
    pub openid: OpenId,
    /// Whether to set or to remove the mark.
    pub is_mark: bool,
}

impl Command for MarkCode {
    type Reply = ();

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let (code, card) = self.code.find(ws)?;
        code.check_normal(&ws.app, card, now)?;
        if code.marked_for.as_ref().is_some_and(|openid| *openid != self.openid) {
            return Err(Error::field(
                ErrCode::MarkedByOther,
                "openid",
                "the code is marked for another holder",
            ));
        }
        text::openid("openid", &self.openid)?;
        let marked_for = self.is_mark.then(|| self.openid.clone());
        if code.marked_for != marked_for {
            let seq = code.seq;
            ws.codes.get_mut(&seq)?.marked_for = marked_for;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::CodeState;
    use crate::code::consume::Consume;
    use crate::engine::testing::*;
    use serde_json::json;

    fn mark(code: &CodeRef, openid: &str, is_mark: bool) -> MarkCode {
        MarkCode { code: code.clone(), openid: openid.into(), is_mark }
    }

    #[test]
    fn a_code_kept_for_another_cannot_be_consumed_until_it_is_let_go() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, groupon(json!({})));
        let consume = Consume::of(code.clone());
        world.run(mark(&code, "other", true)).expect("marked");
        world.run(mark(&code, "other", true)).expect("marked again");
        assert_eq!(refusal(world.run(consume.clone())), Some(ErrCode::MarkedByOther));
        for is_mark in [true, false] {
            let refused = refusal(world.run(mark(&code, "third", is_mark)));
            assert_eq!(refused, Some(ErrCode::MarkedByOther));
        }
        world.run(mark(&code, "other", false)).expect("let go");
        world.run(mark(&code, "third", false)).expect("nothing to let go");
        world.run(mark(&code, "giver", true)).expect("marked for its holder");
        assert_eq!(refusal(world.run(consume)), None);
    }

    #[test]
    fn only_a_code_that_can_be_used_is_marked() {
        for state in STATES {
            let (mut world, code) = World::with_code_in(state, groupon(json!({})));
            let expected = match state {
                CodeState::Normal => None,
                CodeState::Consumed => Some(ErrCode::CodeConsumed),
                CodeState::GiftSucc => Some(ErrCode::InvalidSerialCode),
                _ => Some(ErrCode::InvalidUserCardStatus),
            };
            assert_eq!(refusal(world.run(mark(&code, "o9", true))), expected, "{}", state.wire());
        }
    }
}
