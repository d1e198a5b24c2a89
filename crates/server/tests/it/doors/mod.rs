//! Access rights: every route of the server, requested by callers that must be refused. The routes come from the
//! routers, so a new route without a line in these tables fails here.

mod api;
mod calls;
mod console;
mod once;
mod other;
mod stores;
mod wallet;

use crate::support::page::Surfer;
use crate::support::*;
use kaquan_store::{Grant, Role};

/// The holder of everything in the [`World`].
const HOLDER: &str = "oDoorsHolder";
/// A holder who has nothing.
const STRANGER: &str = "oDoorsStranger";

/// A server with two apps. The first has one object of every kind that a route can name; the second has none.
struct World {
    server: TestServer,
    /// The second app.
    other: TestApp,
    /// An approved coupon.
    coupon: String,
    /// A coupon that waits for review.
    waiting: String,
    /// A member card that becomes active with a form.
    member_card: String,
    /// A card with deposited codes.
    deposited: String,
    /// A usable code of the coupon.
    code: String,
    /// A code of the coupon that the holder has offered as a gift.
    gifting: String,
    /// A consumed code of the coupon.
    consumed: String,
    /// The code of an active member.
    member: String,
    /// A receiver of events.
    receiver: Receiver,
}

impl World {
    fn build() -> World {
        let server = TestServer::manual();
        let clerk = Grant { app: Some(server.app.id), role: Role::Clerk };
        server.signed_in_as("doors-clerk", clerk);
        let other = server.second_app();
        let passed = |card: Value| {
            let id = server.create(card);
            server.pass(&id);
            id
        };
        let base = json!({"can_give_friend": true, "get_limit": 50, "use_all_locations": true});
        let coupon = passed(card_with("GROUPON", base));
        let waiting = server.create(card("GROUPON"));
        let by_form = json!({"activate_url": null, "wx_activate": true, "supply_balance": true});
        let member_card = passed(card_with_both("MEMBER_CARD", json!({}), by_form));
        server.ok(
            "/card/membercard/activateuserform/set",
            merged(json!({"card_id": member_card}), member_form()),
        );
        let deposited = server.create_deposit(&[]);
        server.pass(&deposited);
        server.ok("/card/code/deposit", json!({"card_id": deposited, "code": ["DOORS-1"]}));
        server.ok("/card/modifystock", json!({"card_id": deposited, "increase_stock_value": 1}));
        let code = server.claim(&coupon, HOLDER);
        let gifting = server.claim(&coupon, HOLDER);
        server.ok("/wallet/v1/gift", json!({"code": gifting, "openid": HOLDER}));
        let consumed = server.claim(&coupon, HOLDER);
        server.consume(&consumed);
        let member = server.claim(&member_card, HOLDER);
        let number = json!({"code": member, "membership_number": "DOORS-MEMBER", "init_bonus": 100});
        server.ok("/card/membercard/activate", number);
        World {
            server,
            other,
            coupon,
            waiting,
            member_card,
            deposited,
            code,
            gifting,
            consumed,
            member,
            receiver: Receiver::start(),
        }
    }

    /// The number of the latest event of the first app.
    fn event(&self) -> Value {
        self.server.ok("/kaquan/v1/events/list", json!({"count": 1}))["events"][0]["event_id"].take()
    }

    /// Names that only the first app's data contain. No caller of another app may read them.
    fn secrets(&self) -> Vec<&str> {
        let ids = [&self.coupon, &self.waiting, &self.member_card, &self.deposited];
        let codes = [&self.code, &self.gifting, &self.consumed, &self.member];
        let texts = ids.into_iter().chain(codes).map(String::as_str);
        texts.chain([HOLDER, "DOORS-1", "DOORS-MEMBER"]).collect()
    }

    /// A person with this role in the second app, and with no role in the first.
    fn person_elsewhere(&self, role: Role) -> Surfer<'_> {
        let grant = Grant { app: Some(self.other.id), role };
        self.server.signed_in_as(&format!("{}-elsewhere", role.name()), grant)
    }

    /// A browser in which this holder of this app is identified. Visitors choose their own identity here.
    fn holder_of(&self, app: &TestApp, openid: &str) -> Surfer<'_> {
        let surfer = self.server.surfer();
        let who = format!("/w/{}/who", app.appid);
        let chosen = surfer.submit(&who, &who, &[("openid", openid), ("next", "/w/x")]);
        assert_eq!(chosen.status, 303, "{}", chosen.text());
        surfer
    }
}
