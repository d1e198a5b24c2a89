//! `/cgi-bin/poi`: stores.

mod addpoi;
mod delpoi;
mod getpoi;
mod getpoilist;
mod getwxcategory;
mod updatepoi;

use crate::support::*;

/// The `base_info` of a store with everything that the manual requires, and with these changes; `null` removes a
/// member.
fn base_info(change: Value) -> Value {
    let mut base_info = json!({
        "sid": "33788392",
        "business_name": "麦当劳",
        "branch_name": "艺苑路店",
        "province": "广东省",
        "city": "广州市",
        "district": "海珠区",
        "address": "艺苑路11号",
        "telephone": "020-12345678",
        "categories": ["美食,快餐小吃"],
        "offset_type": 1,
        "longitude": 115.32375,
        "latitude": 25.097486,
        "photo_list": [{"photo_url": "http://mmbiz.qpic.cn/mmbiz/a/0"}, {"photo_url": "https://cdn.example/b.png"}],
        "recommend": "麦辣鸡腿堡套餐",
        "special": "免费wifi，外卖服务",
        "introduction": "全球大型跨国连锁餐厅",
        "open_time": "8:00-20:00",
        "avg_price": 35,
    });
    for (key, value) in change.as_object().expect("an object") {
        match value.is_null() {
            true => drop(base_info.as_object_mut().expect("an object").shift_remove(key)),
            false => base_info[key] = value.clone(),
        }
    }
    base_info
}

fn business(base_info: Value) -> Value {
    json!({"business": {"base_info": base_info}})
}

/// Adds a store and returns its number.
fn add(server: &TestServer, change: Value) -> String {
    let reply = server.ok("/cgi-bin/poi/addpoi", business(base_info(change)));
    reply["poi_id"].as_str().expect("a number as text").to_owned()
}

/// The `base_info` that `getpoi` returns.
fn get(server: &TestServer, poi_id: &str) -> Value {
    server.ok("/cgi-bin/poi/getpoi", json!({"poi_id": poi_id}))["business"]["base_info"].take()
}
