//! A second field table, written by hand from WeChat's manual and not from kaquan's code. The tests of create and
//! update read kaquan's own table, so they cannot find a wrong limit in it. The second table finds a wrong limit.

use kaquan_core::card::{CardType, FIELDS, Field, Kind, OnCreate, OnUpdate, Place};
use std::collections::BTreeSet;

/// The columns: card types, path, values, create, update. `required?` may be blank; `review!` goes to review and may
/// not be blanked. `on` and `stays` go from false to true only: a later false is refused for `on`, ignored for `stays`.
/// Members of objects are in [`PARTS`].
const EXPECTED: &str = "
    all  base_info.id                              text:32    ignored   refused
    all  base_info.logo_url                        link:512   required  review!
    all  base_info.code_type                       choice:6   required  free
    all  base_info.brand_name                      text:36    required  refused
    all  base_info.title                           text:27    required  review!
    all  base_info.sub_title                       text:54    optional  refused
    all  base_info.date_info                       date_info  required  free
    all  base_info.color                           color      required  review!
    all  base_info.notice                          text:48    required  review
    all  base_info.service_phone                   text:24    optional  free
    all  base_info.description                     text:3072  required? review
    all  base_info.source                          text:36    optional  refused
    all  base_info.location_id_list                locations  optional  free
    all  base_info.use_all_locations               flag       optional  free
    all  base_info.get_limit                       limit:100000000   optional  free
    all  base_info.use_limit                       limit:1000000000 optional free
    all  base_info.can_share                       flag       optional  free
    all  base_info.can_give_friend                 flag       optional  free
    all  base_info.use_custom_code                 flag       optional  refused
    all  base_info.get_custom_code_mode            choice:2   optional  refused
    all  base_info.bind_openid                     flag       optional  refused
    all  base_info.status                          text:64    ignored   refused
    all  base_info.sku                             sku        required  refused
    all  base_info.create_time                     0..4294967295 ignored refused
    all  base_info.update_time                     0..4294967295 ignored refused
    all  base_info.custom_url_name                 text:16    optional  free
    all  base_info.custom_url                      link:128   optional  free
    all  base_info.custom_url_sub_title            text:18    optional  free
    all  base_info.custom_app_brand_user_name      text:128   optional  free
    all  base_info.custom_app_brand_pass           text:128   optional  free
    all  base_info.promotion_url_name              text:16    optional  free
    all  base_info.promotion_url                   link:128   optional  free
    all  base_info.promotion_url_sub_title         text:18    optional  free
    all  base_info.promotion_app_brand_user_name   text:128   optional  free
    all  base_info.promotion_app_brand_pass        text:128   optional  free
    all  base_info.center_title                    text:18    optional  free
    all  base_info.center_sub_title                text:24    optional  free
    all  base_info.center_url                      link:128   optional  free
    all  base_info.center_app_brand_user_name      text:128   optional  free
    all  base_info.center_app_brand_pass           text:128   optional  free
    all  base_info.sub_merchant_info               object     optional  refused
    all  base_info.url_name_type                   text:64    ignored   refused
    all  base_info.appid                           text:64    ignored   refused
    all  base_info.area_code_list                  list:10000 ignored   refused
    all  advanced_info                             object     optional  refused

    all  base_info.need_push_on_view  flag    optional  free
    general_card+member_card  base_info.pay_info           object  optional  free
    all  base_info.is_pay_and_qrcode  flag    optional  free
    all  base_info.use_dynamic_code   flag    optional  free
    general_card  base_info.giftcard_info          object        optional  refused
    general_card  base_info.max_give_friend_times  0..1000000000  optional  refused

    groupon         deal_detail     text:3072      required  refused
    cash            least_cost      0..2147483647  optional  refused
    cash            reduce_cost     0..2147483647  required  refused
    discount        discount        0..100         required  refused
    gift            gift            text:3072      required  refused
    gift            gift_name       text:18        optional  refused
    gift            gift_num        0..999         optional  refused
    gift            gift_unit       text:6         optional  refused
    general_coupon  default_detail  text:3072      required  refused

    meeting_ticket  meeting_detail  text:3072        required  refused
    meeting_ticket  map_url         link:128         optional  free
    scenic_ticket   ticket_class    text:3072        optional  refused
    scenic_ticket   guide_url       link:128         optional  free
    movie_ticket    detail          text:3072        optional  review
    boarding_pass   from            text:54          required  refused
    boarding_pass   to              text:54          required  refused
    boarding_pass   flight          text:24          required  refused
    boarding_pass   departure_time  0..4294967295    optional  free
    boarding_pass   landing_time    0..4294967295    optional  free
    boarding_pass   air_model       text:24          optional  refused
    boarding_pass   gate            text:12          optional  free
    boarding_pass   boarding_time   0..4294967295    optional  free
    boarding_pass   check_in_url    link:128         optional  refused

    general_card+member_card  supply_bonus    flag       optional  on
    general_card+member_card  supply_balance  flag       optional  on
    member_card  prerogative     text:3072  required  review
    member_card  bonus_cleared   text:3072  optional  review
    member_card  bonus_rules     text:3072  optional  review
    member_card  balance_rules   text:3072  optional  review
    member_card  discount        0..100     optional  review
    member_card  bonus_url       link:128   optional  free
    member_card  balance_url     link:128   optional  free
    general_card+member_card  activate_url    link:128   optional  free
    member_card  bind_old_card_url             link:128  optional  refused
    member_card  bonus_app_brand_user_name     text:128  optional  free
    member_card  bonus_app_brand_pass          text:128  optional  free
    member_card  balance_app_brand_user_name   text:128  optional  free
    member_card  balance_app_brand_pass        text:128  optional  free
    member_card  activate_app_brand_user_name  text:128  optional  free
    member_card  activate_app_brand_pass       text:128  optional  free
    member_card  wx_activate                   flag      optional  free
    member_card  wx_activate_after_submit      flag      optional  free
    member_card  wx_activate_after_submit_url  link:128  optional  free
    member_card  bonus_rule                    object    optional  free
    member_card  modify_msg_operation          object    optional  free
    member_card  activate_msg_operation        object    optional  free
    general_card+member_card  background_pic_url  link:512  optional  free
    general_card+member_card  auto_activate       flag      optional  stays
    general_card+member_card  custom_field1       object    optional  free
    general_card+member_card  custom_field2       object    optional  free
    general_card+member_card  custom_field3       object    optional  free
    general_card+member_card  custom_cell1        object    optional  free
    general_card+member_card  custom_cell2        object    optional  free
    general_card+member_card  custom_cell3        object    optional  free
    general_card  sub_card_type   choice:3       required  refused
    general_card  init_bonus      0..2147483647  optional  refused
    general_card  init_balance    0..2147483647  optional  refused
    general_card  prerogative     text:3072      optional  review
";

/// The limits of texts and numbers inside objects.
const PARTS: &str = "
    advanced_info.use_condition.accept_category     text:512
    advanced_info.use_condition.reject_category     text:512
    advanced_info.use_condition.least_cost          0..2147483647
    advanced_info.use_condition.object_use_for      text:512
    advanced_info.abstract.abstract                 text:512
    advanced_info.abstract.icon_url_list[0]         link:512
    advanced_info.text_image_list[0].image_url      link:512
    advanced_info.text_image_list[0].text           text:15000
    advanced_info.time_limit[0].begin_hour          0..23
    advanced_info.time_limit[0].begin_minute        0..59
    advanced_info.time_limit[0].end_hour            0..23
    advanced_info.time_limit[0].end_minute          0..59
    base_info.sub_merchant_info.merchant_id         0..9223372036854775807
    base_info.giftcard_info.price                   0..2147483647
    custom_fieldN.name_type                         text:32
    custom_fieldN.name                              text:24
    custom_fieldN.url                               link:128
    custom_fieldN.app_brand_user_name               text:128
    custom_fieldN.app_brand_pass                    text:128
    custom_cellN.name                               text:15
    custom_cellN.tips                               text:18
    custom_cellN.url                                link:256
    custom_cellN.app_brand_user_name                text:128
    custom_cellN.app_brand_pass                     text:128
    bonus_rule.cost_money_unit                      0..2147483647
    bonus_rule.increase_bonus                       0..2147483647
    bonus_rule.max_increase_bonus                   0..2147483647
    bonus_rule.init_increase_bonus                  0..2147483647
    bonus_rule.cost_bonus_unit                      0..2147483647
    bonus_rule.reduce_money                         0..2147483647
    bonus_rule.least_money_to_use_bonus             0..2147483647
    bonus_rule.max_reduce_bonus                     0..2147483647
    X_msg_operation.url_cell.card_id_list[0]        text:32
    X_msg_operation.url_cell.end_time               0..4294967295
    X_msg_operation.url_cell.text                   text:128
    X_msg_operation.url_cell.url                    link:128
    X_msg_operation.url_cell.app_brand_id           text:128
    X_msg_operation.url_cell.app_brand_pass         text:128
    X_msg_operation.card_cell.card_id               text:32
    X_msg_operation.card_cell.end_time              0..4294967295
";

fn lines(table: &str) -> BTreeSet<String> {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    table.lines().map(words).filter(|line| !line.is_empty()).collect()
}

fn values(kind: &Kind) -> String {
    match *kind {
        Kind::Text { max } | Kind::TextOrZero { max } => format!("text:{max}"),
        Kind::Link { max } => format!("link:{max}"),
        Kind::Flag => "flag".into(),
        Kind::Int { min, max, .. } => format!("{min}..{max}"),
        Kind::Limit { max, .. } => format!("limit:{max}"),
        Kind::Choice { of, .. } => format!("choice:{}", of.len()),
        Kind::Color => "color".into(),
        Kind::DateInfo => "date_info".into(),
        Kind::Sku => "sku".into(),
        Kind::Locations => "locations".into(),
        Kind::Object(_) => "object".into(),
        Kind::List { max, .. } => format!("list:{max}"),
        Kind::OffOnly => "closed".into(),
    }
}

fn line(field: &Field) -> String {
    let types: BTreeSet<&str> =
        CardType::ALL.iter().filter(|kind| field.belongs_to(**kind)).map(|kind| kind.key()).collect();
    let types = match types.len() == CardType::ALL.len() {
        true => "all".to_owned(),
        false => types.into_iter().collect::<Vec<_>>().join("+"),
    };
    let create = match field.create {
        OnCreate::Required => "required",
        OnCreate::RequiredMayBeBlank => "required?",
        OnCreate::Optional => "optional",
        OnCreate::Ignored => "ignored",
    };
    let update = match field.update {
        OnUpdate::Refused => "refused",
        OnUpdate::Free => "free",
        OnUpdate::Review => "review",
        OnUpdate::ReviewNotBlank => "review!",
        OnUpdate::StaysOn => "stays",
        OnUpdate::OnlyOn => "on",
    };
    format!("{types} {} {} {create} {update}", field.path(), values(&field.kind))
}

fn parts(kind: &Kind, path: &str, found: &mut BTreeSet<String>) {
    match kind {
        Kind::Object(members) => {
            for part in *members {
                match part.kind {
                    Kind::Text { .. } | Kind::TextOrZero { .. } | Kind::Link { .. } | Kind::Int { .. } => {
                        found.insert(format!("{path}.{} {}", part.key, values(&part.kind)));
                    }
                    _ => parts(&part.kind, &format!("{path}.{}", part.key), found),
                }
            }
        }
        Kind::List { of, .. } => match of {
            Kind::Text { .. } | Kind::Link { .. } => drop(found.insert(format!("{path}[0] {}", values(of)))),
            _ => parts(of, &format!("{path}[0]"), found),
        },
        _ => {}
    }
}

fn assert_same(expected: BTreeSet<String>, got: BTreeSet<String>) {
    let missing: Vec<_> = expected.difference(&got).collect();
    let extra: Vec<_> = got.difference(&expected).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "expected but not there: {missing:#?}\nthere: {extra:#?}"
    );
}

#[test]
fn the_field_table_is_the_manuals() {
    assert_same(lines(EXPECTED), FIELDS.iter().map(line).collect());
}

#[test]
fn the_members_of_objects_have_the_manuals_limits() {
    let mut found = BTreeSet::new();
    for field in FIELDS.iter().filter(|field| field.create != OnCreate::Ignored) {
        // [`PARTS`] describes `custom_field1` to 3 once, as `custom_fieldN`. The cells and the messages are similar.
        let path = field.path();
        let path = match field.place {
            Place::Section if path.starts_with("custom_") => format!("{}N", &path[..path.len() - 1]),
            Place::Section if path.ends_with("_msg_operation") => "X_msg_operation".to_owned(),
            _ => path,
        };
        parts(&field.kind, &path, &mut found);
    }
    assert_same(lines(PARTS), found);
}
