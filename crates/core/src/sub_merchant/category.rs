//! The categories of sub-merchants: `GET /card/getapplyprotocol`. kaquan requires no licences, so the list is short
//! and general. WeChat manual: "第三方代制" (cards for sub-merchants), categories.

/// A main category: its number, its name, and its categories.
pub type Primary = (i64, &'static str, &'static [(i64, &'static str)]);

/// All main categories.
pub const CATEGORIES: &[Primary] = &[
    (
        1,
        "美食",
        &[
            (101, "粤菜"),
            (102, "川湘菜"),
            (103, "火锅"),
            (104, "快餐小吃"),
            (105, "咖啡茶饮"),
            (106, "烘焙甜品"),
            (199, "其他美食"),
        ],
    ),
    (
        2,
        "购物",
        &[
            (201, "商场百货"),
            (202, "超市便利店"),
            (203, "服饰鞋包"),
            (204, "数码家电"),
            (205, "母婴"),
            (299, "其他购物"),
        ],
    ),
    (
        3,
        "生活服务",
        &[(301, "美容美发"), (302, "洗衣家政"), (303, "汽车服务"), (304, "宠物"), (399, "其他生活服务")],
    ),
    (
        4,
        "休闲娱乐",
        &[(401, "电影"), (402, "演出赛事"), (403, "运动健身"), (404, "歌厅酒吧"), (499, "其他休闲娱乐")],
    ),
    (5, "旅游出行", &[(501, "景点门票"), (502, "酒店"), (503, "航空"), (504, "客运"), (599, "其他旅游出行")]),
    (6, "教育医疗", &[(601, "培训"), (602, "学校"), (603, "医疗健康"), (699, "其他教育医疗")]),
    (9, "其他", &[(999, "其他")]),
];

/// Whether the main category has this category.
pub fn exists(primary: i64, secondary: i64) -> bool {
    let found = CATEGORIES.iter().find(|(id, ..)| *id == primary);
    found.is_some_and(|(.., within)| within.iter().any(|(id, _)| *id == secondary))
}
