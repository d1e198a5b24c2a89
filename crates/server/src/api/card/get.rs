//! `POST /card/get`. WeChat manual: "管理卡券" (manage cards), card details.

use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::engine::{Keys, Query, WorkingSet};
use kaquan_core::error::Result;
use kaquan_core::id::CardId;
use kaquan_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// `{"card_id"}` answers a [`CardReply`], also for a deleted card.
pub async fn handle(call: Call) -> Result<Answer> {
    let card_id = call.params().card_id()?;
    let card = query(&call.state, call.app_id()?, GetCard { card_id }).await?;
    Answer::with(&CardReply { card })
}

/// The reply of `/card/get`.
#[derive(Debug, Serialize)]
struct CardReply {
    /// The card as a document: `card_type`, and an object named after the type with the fields of the card.
    card: Value,
}

/// Looks up a card.
#[derive(Debug)]
struct GetCard {
    card_id: CardId,
}

impl Query for GetCard {
    type Reply = Value;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<Value> {
        ws.existing_card(&self.card_id).map(|card| card.to_json())
    }
}
