//! `/console/{appid}/data` and its CSV: the four reports.

use crate::support::*;
use kaquan_store::Role;

#[test]
fn the_four_reports_show_the_rows_of_the_api() {
    let server = TestServer::start();
    let coupon = server.create(card("GROUPON"));
    let member = server.create(card_with_both(
        "MEMBER_CARD",
        json!({}),
        json!({"auto_activate": true, "activate_url": ""}),
    ));
    server.claim(&coupon, "o1");
    server.claim(&member, "o1");
    server.move_to(1, 0);
    server.close_days();
    let surfer = server.signed_in(Role::Operator);
    let day = server.date(-1);
    for (report, more) in [
        ("getcardbizuininfo", json!({"cond_source": 1})),
        ("getcardcardinfo", json!({"cond_source": 1})),
        ("getcardcardinfo", json!({"cond_source": 1, "card_id": coupon})),
        ("getcardmembercardinfo", json!({"cond_source": 1})),
        ("getcardmembercarddetail", json!({"card_id": member})),
    ] {
        let body = merged(json!({"begin_date": day, "end_date": day}), more.clone());
        let api = server.post(&format!("/datacube/{report}"), body);
        let query = format!(
            "report={report}&begin_date={day}&end_date={day}&cond_source=1&card_id={}",
            more["card_id"].as_str().unwrap_or_default()
        );
        let page = surfer.app_page(&format!("data?{query}"));
        assert!(page.contains("class=\"chart\""), "{report}");
        let csv = surfer.get(&surfer.app_path(&format!("data.csv?{query}")));
        assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
        let mut lines = csv.text().strip_prefix('\u{feff}').expect("a mark for Excel").lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        for row in api["list"].as_array().unwrap() {
            let cells: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
            let expected: Vec<String> = names
                .iter()
                .map(|name| row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned))
                .collect();
            assert_eq!(cells, expected, "{report}");
            assert_eq!(names.len(), row.as_object().unwrap().len());
        }
        assert_eq!(lines.next(), None);
    }
}

#[test]
fn a_range_that_is_too_long_or_has_not_ended_is_refused_on_the_page() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    for (begin, end, why) in [
        (server.date(-70), server.date(-1), "at most 62"),
        (server.date(-1), server.date(0), "has not ended"),
        ("x".to_owned(), server.date(-1), "YYYY-MM-DD"),
    ] {
        let page = surfer.get(&surfer.app_path(&format!("data?begin_date={begin}&end_date={end}")));
        assert!(page.status == 422 && page.text().contains(why), "{}", page.text());
    }
    assert!(surfer.app_page("data").contains("There is nothing in this range."));
}
