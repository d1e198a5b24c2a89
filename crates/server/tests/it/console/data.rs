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

/// The rows of the CSV file of stores without its heading.
fn stores_csv(surfer: &crate::support::page::Surfer<'_>, begin: &str, end: &str) -> Vec<String> {
    let csv =
        surfer.get(&surfer.app_path(&format!("data.csv?report=stores&begin_date={begin}&end_date={end}")));
    assert_eq!(csv.status, 200, "{}", csv.text());
    let mut lines = csv.text().strip_prefix('\u{feff}').expect("a mark for Excel").lines().map(str::to_owned);
    let names = "location_id,location_name,verify_cnt,return_cnt,member_verify_cnt,fee,payOriginalFee";
    match lines.next() {
        Some(heading) if heading == "\"\"" => Vec::new(),
        heading => {
            assert_eq!(heading.as_deref(), Some(names));
            lines.collect()
        }
    }
}

#[test]
fn consumes_are_counted_by_store_and_day_with_a_row_for_no_store() {
    let server = TestServer::start();
    let [first, second] = ["一店", "二店"].map(|branch| server.add_store(branch));
    let coupon = server.create(card_with("GROUPON", json!({"get_limit": 50, "use_all_locations": true})));
    let consume = |store: Value| {
        let code = server.claim(&coupon, "o1");
        server.ok("/card/code/consume", json!({"code": code, "location_id": store}));
        code
    };
    let member = server.create(card_with_both("MEMBER_CARD", json!({}), json!({"auto_activate": true})));
    let member = server.claim(&member, "o1");
    let pay = |store: Value| {
        let body = json!({"code": member, "fee": 90, "original_fee": 100, "location_id": store});
        server.ok("/wallet/v1/pay", body);
    };
    // The last second of a day, and the first of the next.
    server.move_to(0, 86_399);
    consume(json!(first));
    let undone_later = consume(json!(first));
    let undone = consume(json!(second));
    server.ok("/kaquan/v1/code/return", json!({"code": undone}));
    consume(json!(null));
    pay(json!(second));
    server.move_to(1, 0);
    server.ok("/kaquan/v1/code/return", json!({"code": undone_later}));
    // The code is consumed again without a store, so its return has no store either.
    server.ok("/card/code/consume", json!({"code": undone_later}));
    server.ok("/kaquan/v1/code/return", json!({"code": undone_later}));
    consume(json!(first));
    pay(json!(0));
    server.ok("/cgi-bin/poi/delpoi", json!({"poi_id": second}));
    server.move_to(1, 0);
    server.close_days();
    let mut surfer = server.signed_in(Role::Operator);
    let (day, next) = (server.date(-2), server.date(-1));
    let on_day = [
        format!("{first},麦当劳(一店),2,0,0,0,0"),
        format!("{second},麦当劳(二店) (deleted),1,1,1,90,100"),
        ",No store,1,0,0,0,0".to_owned(),
    ];
    assert_eq!(stores_csv(&surfer, &day, &day), on_day);
    let on_next = [format!("{first},麦当劳(一店),1,1,0,0,0"), ",No store,1,1,1,90,100".to_owned()];
    assert_eq!(stores_csv(&surfer, &next, &next), on_next);
    let both = [
        format!("{first},麦当劳(一店),3,1,0,0,0"),
        format!("{second},麦当劳(二店) (deleted),1,1,1,90,100"),
        ",No store,2,1,1,90,100".to_owned(),
    ];
    assert_eq!(stores_csv(&surfer, &day, &next), both);
    // The rows add up to the report of all coupons.
    let body = json!({"begin_date": day, "end_date": next, "cond_source": 1});
    let all = server.post("/datacube/getcardbizuininfo", body);
    let consumes: i64 =
        all["list"].as_array().unwrap().iter().map(|row| row["verify_cnt"].as_i64().unwrap()).sum();
    assert_eq!(consumes, 6);
    let query = format!("data?report=stores&begin_date={day}&end_date={next}");
    let page = surfer.app_page(&query);
    for part in [
        "Consumes by store",
        "Number of the store",
        "麦当劳(二店) (deleted)",
        "No store",
        "data.csv?report=stores",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("class=\"chart\""));
    surfer.language = "zh";
    let page = surfer.app_page(&query);
    for part in ["门店核销", "门店编号", "麦当劳(二店) (已删除)", "无门店"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    // Closing the days again changes nothing.
    server.close_days();
    surfer.language = "en";
    assert_eq!(stores_csv(&surfer, &day, &next), both);
}

#[test]
fn a_range_without_consumes_has_no_rows_of_stores() {
    let server = TestServer::start();
    server.add_store("一店");
    server.move_to(1, 0);
    server.close_days();
    let surfer = server.signed_in(Role::Operator);
    assert!(surfer.app_page("data?report=stores").contains("There is nothing in this range."));
    assert!(stores_csv(&surfer, &server.date(-1), &server.date(-1)).is_empty());
}
