//! `/datacube`: the four reports. WeChat manual: "卡券数据接口" (card statistics).

pub mod getcardbizuininfo;
pub mod getcardcardinfo;
pub mod getcardmembercarddetail;
pub mod getcardmembercardinfo;
pub mod reading;
