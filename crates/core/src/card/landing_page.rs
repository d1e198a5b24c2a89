//! A page of cards (货架): `POST /card/landingpage/create`. WeChat manual: "投放卡券" (distribute cards), landing pages.

use super::CodeMode;

use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet, sequence_key};
use crate::error::{ErrCode, Error, Result};
use crate::id::CardId;
use crate::text;
use crate::time::Timestamp;
use crate::value::check_link;
use serde::{Deserialize, Serialize};

/// The scenes of a page, in the order of the numbers that older clients send.
pub const SCENES: [&str; 7] = [
    "SCENE_NEAR_BY",
    "SCENE_MENU",
    "SCENE_QRCODE",
    "SCENE_ARTICLE",
    "SCENE_H5",
    "SCENE_IVR",
    "SCENE_CARD_CUSTOM_CELL",
];
/// The longest text or URL of a page, in bytes.
pub const TEXT_MAX: usize = 512;
/// The largest number of cards of a page.
pub const CARDS_MAX: usize = 100;

/// A page of cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LandingPage {
    /// The picture at the top.
    pub banner: String,
    pub page_title: String,
    /// Whether the page can be shared.
    pub can_share: bool,
    /// The place of the page: one of [`SCENES`].
    pub scene: String,
    /// The cards in order, each with its picture.
    pub cards: Vec<(CardId, String)>,
}

impl Record for LandingPage {
    const KIND: RecordKind = RecordKind::LandingPage;
}

impl LandingPage {
    fn check(&self) -> Result<()> {
        text::line("page_title", &self.page_title, TEXT_MAX)?;
        let pictures = self.cards.iter().map(|(_, picture)| ("thumb_url", picture));
        for (field, url) in [("banner", &self.banner)].into_iter().chain(pictures) {
            text::line(field, url, TEXT_MAX)?;
            check_link(field, url)?;
        }
        Ok(())
    }

    pub fn key(page_id: i64) -> RecordKey {
        RecordKey::numbered::<LandingPage>(page_id)
    }
}

/// Creates a page of cards and returns its number.
///
/// # Errors
///
/// In this order: 45021, 47001 and 40097 for a text that is too long, has control characters, or is a link with
/// another scheme than http and https; 40129 for an unknown scene; 40073 unknown card; 40078 deleted card; 40158 for
/// a card whose codes the merchant sends with each claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateLandingPage {
    pub page: LandingPage,
}

impl Command for CreateLandingPage {
    type Reply = i64;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.extend(self.page.cards.iter().map(|(card_id, _)| card_id.clone()));
        keys.records.insert(sequence_key::<LandingPage>());
    }

    fn apply(&self, ws: &mut WorkingSet, _: Timestamp) -> Result<i64> {
        self.page.check()?;
        if !SCENES.contains(&self.page.scene.as_str()) {
            let reason = format!("{:?} is no scene", self.page.scene);
            return Err(Error::field(ErrCode::InvalidScene, "scene", reason));
        }
        for (card_id, _) in &self.page.cards {
            let card = ws.undeleted_card(card_id)?;
            if card.terms.code_mode == CodeMode::Custom {
                let reason = format!("{card_id} needs a code for each claim");
                return Err(Error::field(ErrCode::NeedNoCustomCode, "card_id", reason));
            }
        }
        let page_id = ws.next_no::<LandingPage>()?;
        ws.put_record(LandingPage::key(page_id), &self.page)?;
        Ok(page_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::*;
    use serde_json::json;

    fn page(scene: &str, cards: &[&CardId]) -> CreateLandingPage {
        let cards = cards.iter().map(|id| ((*id).clone(), "http://a".to_owned())).collect();
        let page = LandingPage {
            banner: "http://b".to_owned(),
            page_title: "title".to_owned(),
            can_share: true,
            scene: scene.to_owned(),
            cards,
        };
        CreateLandingPage { page }
    }

    #[test]
    fn pages_are_numbered_from_one() {
        let mut world = World::new();
        let card = world.create(groupon(json!({})));
        assert_eq!(world.run(page("SCENE_H5", &[&card])), Ok(1));
        assert_eq!(world.run(page("SCENE_IVR", &[&card])), Ok(2));
        assert!(world.records.contains_key(&LandingPage::key(2)));
    }

    #[test]
    fn landing_page_errors_follow_the_documented_order() {
        let mut world = World::new();
        let custom = world.create(groupon(json!({"use_custom_code": true})));
        let deleted = world.create(groupon(json!({})));
        world.run(crate::card::DeleteCard { card_id: deleted.clone() }).expect("deleted");
        let nowhere = CardId::from("pNowhere");
        for (scene, cards, expected) in [
            ("SCENE_MOON", &[&nowhere][..], ErrCode::InvalidScene),
            ("SCENE_H5", &[&nowhere, &custom], ErrCode::InvalidCardId),
            ("SCENE_H5", &[&deleted, &custom], ErrCode::InvalidCardStatus),
            ("SCENE_H5", &[&custom], ErrCode::NeedNoCustomCode),
        ] {
            assert_eq!(refusal(world.run(page(scene, cards))), Some(expected));
        }
    }
}
