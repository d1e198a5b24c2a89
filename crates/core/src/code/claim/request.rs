//! Claims with the merchant's number of the request: the same number is the same claim. A server that never got the
//! reply can look up the claim by this number. Native API: WeChat has no such feature.

use super::{Claim, ClaimOutcome};
use crate::code::{Code, CodeState};
use crate::engine::{Keys, Query, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::{CardId, CodeSeq, CodeText, OpenId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest number of a request, in bytes.
pub const REQUEST_NO_MAX: usize = 64;

/// The stored claim of a request with a number.
#[derive(Debug, Serialize, Deserialize)]
struct ClaimRequest {
    card_id: CardId,
    openid: OpenId,
    seq: CodeSeq,
}

impl Record for ClaimRequest {
    const KIND: RecordKind = RecordKind::ClaimRequest;
}

/// Declares the claim with this number, and then its code.
fn request_keys(ws: &WorkingSet, request_no: &str, keys: &mut Keys) {
    let key = RecordKey::named::<ClaimRequest>(request_no);
    if ws.records.is_loaded(&key)
        && let Ok(Some(record)) = ws.records.get(&key)
        && let Ok(request) = record.value::<ClaimRequest>()
    {
        keys.codes.insert(request.seq);
    }
    keys.records.insert(key);
}

fn code_of<'a>(ws: &'a WorkingSet, request: &ClaimRequest) -> Result<&'a Code> {
    ws.codes.get(&request.seq)?.ok_or_else(|| Error::internal("a claim without its code"))
}

impl Claim {
    pub(super) fn request_keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        if let Some(request_no) = &self.request_no {
            request_keys(ws, request_no, keys);
        }
    }

    /// The code of the earlier claim with this request number, if there was one.
    ///
    /// # Errors
    ///
    /// 40097 if the number belongs to a claim of another card or holder.
    pub(super) fn claimed_before(&self, ws: &WorkingSet, now: Timestamp) -> Result<Option<ClaimOutcome>> {
        let Some(request_no) = &self.request_no else { return Ok(None) };
        let key = RecordKey::named::<ClaimRequest>(request_no);
        match ws.find_record::<ClaimRequest>(&key, now)? {
            Some(request) if request.card_id == self.card_id && request.openid == self.openid => {
                Ok(Some(ClaimOutcome::of(code_of(ws, &request)?)))
            }
            Some(_) => Err(Error::field(
                ErrCode::InvalidArgs,
                "request_no",
                "was used for another card or by another holder",
            )),
            None => Ok(None),
        }
    }

    pub(super) fn remember_request(&self, ws: &mut WorkingSet, claimed: &ClaimOutcome) -> Result<()> {
        let Some(request_no) = &self.request_no else { return Ok(()) };
        let request =
            ClaimRequest { card_id: self.card_id.clone(), openid: self.openid.clone(), seq: claimed.seq };
        ws.put_record(RecordKey::named::<ClaimRequest>(request_no), &request)
    }
}

/// Looks up a claim by its number.
///
/// # Errors
///
/// 40097 if no claim has this number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetClaim {
    /// The merchant's number of the request.
    pub request_no: Arc<str>,
}

/// A claim and the state of its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundClaim {
    pub seq: CodeSeq,
    /// The text of a custom code.
    pub custom: Option<CodeText>,
    /// The claimed card.
    pub card_id: CardId,
    /// The holder who made the claim.
    pub openid: OpenId,
    /// The state of the code now.
    pub state: CodeState,
    /// The time of the claim.
    pub claimed_at: Timestamp,
}

impl Query for GetClaim {
    type Reply = FoundClaim;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        request_keys(ws, &self.request_no, keys);
        if let Some(request) = self.request(ws)
            && ws.codes.is_loaded(&request.seq)
            && let Ok(code) = code_of(ws, &request)
        {
            keys.cards.insert(code.card);
        }
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<FoundClaim> {
        let key = RecordKey::named::<ClaimRequest>(&self.request_no);
        let request = ws
            .find_record::<ClaimRequest>(&key, now)?
            .ok_or_else(|| Error::field(ErrCode::InvalidArgs, "request_no", "no claim has this number"))?;
        let code = code_of(ws, &request)?;
        let card = ws.cards.get(&code.card)?.ok_or_else(|| Error::internal("code without its card"))?;
        Ok(FoundClaim {
            seq: code.seq,
            custom: code.custom.clone(),
            state: code.state_at(&ws.app, card, now),
            claimed_at: code.claimed_at,
            card_id: request.card_id,
            openid: request.openid,
        })
    }
}

impl GetClaim {
    fn request(&self, ws: &WorkingSet) -> Option<ClaimRequest> {
        let key = RecordKey::named::<ClaimRequest>(&self.request_no);
        if !ws.records.is_loaded(&key) {
            return None;
        }
        ws.records.get(&key).ok()??.value().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::UpdateCode;
    use crate::code::claim::Via;
    use crate::code::consume::Consume;
    use crate::engine::testing::*;
    use crate::time::DAY_SECS;
    use serde_json::json;

    fn claim(card: &CardId, openid: &str) -> Claim {
        Claim { request_no: Some("no 1".into()), ..Claim::of(card.clone(), openid.into(), Via::Server) }
    }

    fn get(world: &World) -> Result<FoundClaim> {
        world.ask(GetClaim { request_no: "no 1".into() })
    }

    #[test]
    fn the_same_number_again_is_the_same_claim_whatever_came_between() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"get_limit": 1})));
        let replies = world.batch(&[claim(&card, "o1"), claim(&card, "o1")]);
        let first = replies[0].clone().expect("a code");
        assert_eq!(replies[1], Ok(first.clone()));
        assert_eq!(world.card(&card).quantity, 99);
        world.run(Consume::of(world.code_ref(first.seq))).expect("consumed");
        world.run(crate::card::DeleteCard { card_id: card.clone() }).expect("deleted");
        world.pass(10 * DAY_SECS);
        let before = world.clone();
        assert_eq!(world.run(claim(&card, "o1")), Ok(first));
        assert_eq!(world, before);
    }

    #[test]
    fn a_number_is_of_one_card_and_one_holder() {
        let mut world = World::new();
        let cards = [world.create(groupon(json!({}))), world.create(groupon(json!({})))];
        world.run(claim(&cards[0], "o1")).expect("a code");
        for (card, openid) in [(&cards[0], "o2"), (&cards[1], "o1")] {
            assert_eq!(refusal(world.run(claim(card, openid))), Some(ErrCode::InvalidArgs));
        }
        let nowhere = claim(&"pNowhere".into(), "o1");
        assert_eq!(refusal(world.run(nowhere)), Some(ErrCode::InvalidArgs), "before the card is looked at");
    }

    #[test]
    fn a_refused_claim_does_not_take_the_number() {
        let mut world = World::new();
        let cards =
            [world.create(groupon(json!({"sku": {"quantity": 1}}))), world.create(groupon(json!({})))];
        world.claim(&cards[0], "o9");
        assert_eq!(refusal(world.run(claim(&cards[0], "o1"))), Some(ErrCode::StockOutOfLimit));
        assert_eq!(refusal(get(&world)), Some(ErrCode::InvalidArgs));
        assert_eq!(refusal(world.run(claim(&cards[1], "o1"))), None);
    }

    #[test]
    fn a_claim_is_found_by_its_number_with_the_state_of_its_code() {
        let mut world = World::new();
        let card = world.create(groupon(json!({"use_custom_code": true})));
        let claimed = world.run(Claim { code: Some("one".into()), ..claim(&card, "o1") }).expect("a code");
        let code = world.code_ref(claimed.seq);
        world.run(UpdateCode { code: code.clone(), new_code: "two".into() }).expect("replaced");
        world.pass(5);
        world.run(Consume::of(world.code_ref(claimed.seq))).expect("consumed");
        let found = get(&world).expect("the claim");
        assert_eq!((found.seq, found.custom), (claimed.seq, Some("two".into())));
        assert_eq!((found.card_id, found.openid), (card, "o1".into()));
        assert_eq!((found.state, found.claimed_at), (CodeState::Consumed, START));
    }

    #[test]
    fn a_member_card_that_was_held_is_remembered_too() {
        let mut world = World::new();
        let card = world.create(member_card(json!({}), json!({})));
        let code = world.claim(&card, "o1");
        let shown = world.run(claim(&card, "o1")).expect("the card");
        assert_eq!(shown.seq, world.code(&code).seq);
        let before = world.clone();
        assert_eq!(world.run(claim(&card, "o1")), Ok(shown));
        assert_eq!(world, before, "nothing is viewed a second time");
    }
}
