//! The guide that a running demo prints: its address, how to sign in, and lines to paste. The lines show the most
//! usual calls of a merchant's server, with existing cards and days.

use super::merchant;
use super::note::Note;
use kaquan_core::time::Day;
use kaquan_server::token::IssuedToken;
use serde_json::{Value, json};

/// The number of days in the reports.
const REPORT_DAYS: i32 = 7;

/// The text of the guide. The reports are for the last filled days, however long ago those are.
pub fn text(note: &Note, base: &str, token: &IssuedToken) -> String {
    let IssuedToken { access_token, expires_in } = token;
    let filled = |day: &str| Day::parse(day).unwrap_or_default();
    let (first, end) = (filled(&note.first_day), filled(&note.last_day));
    let begin = end.plus(1 - REPORT_DAYS).max(first);
    let curl =
        |path: &str, body: Value| format!("curl -s '{base}{path}?access_token={access_token}' -d '{body}'\n");
    let report = |name: &str, more: Value| {
        let mut body = json!({"begin_date": begin.to_string(), "end_date": end.to_string()});
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        curl(&format!("/datacube/{name}"), body)
    };
    let (groupon, member_card) = (note.card("groupon"), note.card("member_card"));
    let notice = json!({"card_id": groupon, "groupon": {"base_info": {"notice": "请提前一天预约"}}});
    let claim = json!({"card_id": groupon, "openid": "oDemoVisitor", "outer_str": "curl"});
    let secret = json!({"grant_type": "client_credential", "appid": note.appid, "secret": note.secret});
    let source = json!({"cond_source": 1});
    let detail = json!({"card_id": member_card});
    [
        format!(
            "{}: {} cards, {} holders, every day from {} to {} (UTC+8)\n\n",
            merchant::NAME,
            note.cards.len(),
            note.holders,
            note.first_day,
            note.last_day
        ),
        format!("base URL      {base}\napp id        {}\napp secret    {}\n", note.appid, note.secret),
        format!("access token  {access_token}\n              valid for {} minutes\n\n", expires_in / 60),
        "# get this token again, or a new one after it has expired\n".to_owned(),
        format!("curl -s '{base}/cgi-bin/stable_token' -d '{secret}'\n\n"),
        "# change the notice of a card, and read the card\n".to_owned(),
        curl("/card/update", notice),
        curl("/card/get", json!({"card_id": groupon})),
        "\n# claim a code of it as a holder does\n".to_owned(),
        curl("/wallet/v1/claim", claim),
        format!("# or in a browser, as any holder\n{base}/w/{}/card/{groupon}\n", note.appid),
        "\n# the reports: all coupons, each coupon, all member cards, one member card\n".to_owned(),
        report("getcardbizuininfo", source.clone()),
        report("getcardcardinfo", source.clone()),
        report("getcardmembercardinfo", source),
        report("getcardmembercarddetail", detail),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_reports_the_last_filled_week_or_less() {
        let mut note = Note {
            appid: "wx1".to_owned(),
            secret: "s".to_owned(),
            first_day: "2026-09-22".to_owned(),
            last_day: "2026-11-22".to_owned(),
            holders: 1,
            cards: [("groupon".to_owned(), "p1".to_owned())].into(),
        };
        let token = IssuedToken { access_token: "t".to_owned(), expires_in: 7200 };
        let shown = text(&note, "http://a", &token);
        assert_eq!(shown.matches(r#""begin_date":"2026-11-16","end_date":"2026-11-22""#).count(), 4);
        note.first_day = "2026-11-20".to_owned();
        let shown = text(&note, "http://a", &token);
        assert_eq!(shown.matches(r#""begin_date":"2026-11-20","end_date":"2026-11-22""#).count(), 4);
    }
}
