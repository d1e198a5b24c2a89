//! The categories of stores: `GET /cgi-bin/poi/getwxcategory`. The category of a store is one text with up to three
//! levels, separated by commas. The first level must be in the list.

use crate::card::Object;
use crate::error::{ErrCode, Error, Result};
use crate::value::filled;
use serde_json::Value;

/// The largest number of levels of a category.
const LEVELS_MAX: usize = 3;
/// The longest level in characters.
const LEVEL_MAX: usize = 20;

/// The offered categories. The levels below the first are suggestions.
pub const CATEGORIES: &[&str] = &[
    "美食",
    "美食,中餐馆",
    "美食,火锅",
    "美食,烧烤",
    "美食,快餐小吃",
    "美食,西餐",
    "美食,日韩料理",
    "美食,面包甜点",
    "美食,咖啡茶饮",
    "购物",
    "购物,商场",
    "购物,超市",
    "购物,便利店",
    "购物,服饰鞋包",
    "购物,数码家电",
    "购物,家居建材",
    "购物,图书音像",
    "休闲娱乐",
    "休闲娱乐,电影院",
    "休闲娱乐,KTV",
    "休闲娱乐,酒吧",
    "休闲娱乐,足疗按摩",
    "丽人",
    "丽人,美发",
    "丽人,美容",
    "丽人,美甲",
    "运动健身",
    "运动健身,健身中心",
    "运动健身,游泳馆",
    "酒店宾馆",
    "酒店宾馆,酒店",
    "酒店宾馆,民宿客栈",
    "旅游景点",
    "文化场馆",
    "文化场馆,博物馆",
    "文化场馆,剧院",
    "生活服务",
    "生活服务,洗衣",
    "生活服务,家政",
    "生活服务,摄影",
    "生活服务,宠物",
    "汽车",
    "汽车,维修保养",
    "汽车,洗车",
    "汽车,加油站",
    "亲子",
    "结婚",
    "医疗保健",
    "医疗保健,医院",
    "医疗保健,药店",
    "教育学校",
    "银行金融",
    "基础设施",
    "房产小区",
    "公司企业",
    "机构团体",
    "其它",
];

/// Reads the category of a store: a list with one text, or the text without brackets.
///
/// # Errors
///
/// 65104 if it is not a valid category.
pub(super) fn read(base_info: &Object) -> Result<String> {
    let bad = |reason: String| Error::field(ErrCode::InvalidCategories, "categories", reason);
    let text = match filled(base_info, "categories") {
        Some(Value::Array(list)) if list.len() == 1 => list[0].as_str(),
        Some(Value::String(text)) => Some(text.as_str()),
        None => return Err(bad("is missing".to_owned())),
        _ => None,
    };
    let text = text.ok_or_else(|| bad("must be a list of one text".to_owned()))?;
    let levels: Vec<&str> = text.split(',').map(str::trim).collect();
    let sound = |level: &&str| !level.is_empty() && level.chars().count() <= LEVEL_MAX;
    if levels.len() > LEVELS_MAX
        || !levels.iter().all(sound)
        || levels.iter().any(|l| l.contains(char::is_control))
    {
        return Err(bad(format!(
            "must be at most {LEVELS_MAX} names of {LEVEL_MAX} characters, with commas"
        )));
    }
    match CATEGORIES.contains(&levels[0]) {
        true => Ok(levels.join(",")),
        false => Err(bad(format!("{:?} is not in getwxcategory", levels[0]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::object;
    use serde_json::json;
    use std::collections::HashSet;

    fn of(categories: Value) -> Option<String> {
        read(&object(json!({"categories": categories}))).ok()
    }

    #[test]
    fn every_category_that_is_offered_is_taken() {
        for category in CATEGORIES {
            assert_eq!(of(json!([category])).as_deref(), Some(*category));
            let first = category.split(',').next().unwrap_or_default();
            assert!(CATEGORIES.contains(&first), "{category} hangs in the air");
        }
        assert_eq!(CATEGORIES.iter().collect::<HashSet<_>>().len(), CATEGORIES.len());
    }

    #[test]
    fn a_category_may_go_deeper_than_the_list() {
        assert_eq!(of(json!(["美食,江浙菜,上海菜"])).as_deref(), Some("美食,江浙菜,上海菜"));
        assert_eq!(of(json!("美食, 快餐小吃")).as_deref(), Some("美食,快餐小吃"));
    }

    #[test]
    fn an_invalid_category_is_refused() {
        for bad in [
            json!([]),
            json!(["美食", "购物"]),
            json!(["食堂"]),
            json!(["美食,,小吃"]),
            json!(["美食,a,b,c"]),
            json!(["美食,\u{0}"]),
            json!([format!("美食,{}", "a".repeat(21))]),
            json!([1]),
            json!({}),
            json!(5),
        ] {
            assert_eq!(of(bad.clone()), None, "{bad}");
        }
    }
}
