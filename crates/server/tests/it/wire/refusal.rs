//! The texts at the beginning of each refusal, copied by hand from WeChat's lists. Clients search for them: with one
//! wrong letter, a client would no longer fetch a new token.

use kaquan_core::error::ErrCode;

const TEXTS: &[(i32, &str)] = &[
    (-1, "system error"),
    (1, ""),
    (40001, "invalid credential, access_token is invalid or not latest"),
    (40002, "invalid grant_type"),
    (40003, "invalid openid"),
    (40004, "invalid media type"),
    (40005, "invalid file type"),
    (40006, "invalid meida size"),
    (40007, "invalid media_id"),
    (40009, "invalid image size"),
    (40013, "invalid appid"),
    (40035, "invalid args size"),
    (40052, "invalid action name"),
    (40053, "invalid action info, please check document"),
    (40056, "invalid serial code"),
    (40070, "invalid sku info"),
    (40071, "invalid card type"),
    (40072, "invalid location id"),
    (40073, "invalid card id"),
    (40075, "invalid encrypt code"),
    (40076, "invalid color id"),
    (40078, "invalid card status"),
    (40079, "invalid time"),
    (40080, "invalid card ext"),
    (40097, "invalid args"),
    (40098, "invalid poiid"),
    (40099, "invalid code, this code has consumed."),
    (
        40100,
        "invalid DateInfo, Make Sure OldDateInfoType==NewDateInfoType && NewBeginTime<=OldBeginTime && \
         OldEndTime<= NewEndTime",
    ),
    (40109, "too many code size, must <= 100"),
    (40110, "have empty code"),
    (40111, "have same code"),
    (40113, "unsupported file type"),
    (40116, "invalid code"),
    (40122, "invalid card quantity"),
    (40124, "too many custom field!"),
    (40125, "invalid appsecret"),
    (
        40127,
        "invalid user-card status! Hint: the card was given to user, but may be deleted or expired or set \
         unavailable !",
    ),
    (40129, "invalid scene"),
    (40135, "invalid not supply bonus, can not change card_id which supply bonus to be not supply"),
    (40136, "invalid use DepositCodeMode, make sure sku.quantity>DepositCode.quantity"),
    (40137, "invalid image format"),
    (40139, "invalid sub merchant id"),
    (40140, "invalid sub merchant status"),
    (
        40145,
        "invalid update! Can not both set PayCell and CenterCellInfo(include: center_title, center_sub_title, \
         center_url).",
    ),
    (40146, "invalid openid! card may be marked by other user!"),
    (40149, "invalid use time limit"),
    (40150, "invalid card parameters"),
    (40158, "invalid use_custom_code, need be false"),
    (40160, "invalid image file"),
    (41001, "access_token missing"),
    (41002, "appid missing"),
    (41004, "appsecret missing"),
    (41005, "media data missing"),
    (41006, "media_id missing"),
    (41009, "missing openid"),
    (41011, "missing required fields! please check document and request json!"),
    (41012, "missing card id"),
    (41013, "missing code"),
    (41014, "missing ticket_class"),
    (41015, "missing show_time"),
    (41026, "missing image list info, text maybe empty"),
    (42001, "access_token expired"),
    (43001, "require GET method"),
    (43002, "require POST method"),
    (43017, "require location id!"),
    (44002, "empty post data"),
    (45001, "media size out of limit"),
    (45009, "reach max api daily quota limit"),
    (45019, "too many openid, please input less"),
    (45021, "some argument may be out of length limit! please check document and request json!"),
    (45022, "bonus is out of limit"),
    (45023, "balance is out of limit"),
    (45025, "poiid count is out of limit"),
    (45030, "limit cardid, not support this function"),
    (45031, "stock is out of limit"),
    (45033, "user get card num is out of get_limit"),
    (45039, "card_list_size out of limit"),
    (45041, "this card reach total sku quantity limit!"),
    (45046, "operate field conflict, CenterCell, PayCell, SelfConsumeCell conflict"),
    (45160, "invalid category to create card"),
    (45053, "exceed consume verify code size"),
    (45055, "the code is not in consume verify code charset"),
    (47001, "data format error"),
    (48001, "api unauthorized"),
    (52000, "pic is not from cdn"),
    (52019, "brand name empty"),
    (61500, "date format error"),
    (61501, "date range error"),
    (61503, "data not ready, please try later"),
    (65104, "invalid categories"),
    (65105, "invalid photo url"),
    (65109, "invalid business name"),
    (65110, "invalid address"),
    (65111, "invalid telephone"),
    (65112, "invalid city"),
    (65113, "invalid province"),
    (65114, "photo list empty"),
    (65115, "poi_id is not exist"),
    (72001, "no match card"),
    (65116, "poi has been deleted"),
    (65118, "store status is invalid"),
    (72003, "invalid card type, need member card"),
    (72004, "mchid is occupied by the other appid"),
    (72005, "out of mchid size limit"),
    (72009, "invalid get limit, can not over 50"),
    (72011, "invalid activate_ticket.Maybe this ticket is not belong this AppId"),
    (72012, "activate_ticket has been expired"),
    (72019, "limit msg operation card list size, must <= 5"),
    (72020, "limit consume in use limit"),
    (72026, "need set wx_activate true"),
    (72030, "invalid mchid"),
    (72031, "invalid params"),
    (72032, "pay gift card rule expired"),
    (72034, "invlid rule id"),
];

/// Errcodes for which WeChat has only a Chinese text, or none. Their texts are kaquan's own.
const OURS: &[i32] = &[45044, 73205];

#[test]
fn every_refusal_opens_with_wechats_own_text() {
    for code in ErrCode::ALL {
        if OURS.contains(&code.number()) {
            continue;
        }
        let text = TEXTS.iter().find(|(number, _)| *number == code.number()).map(|(_, text)| *text);
        assert_eq!(Some(code.text()), text, "{}", code.number());
    }
}

#[test]
fn only_refusals_that_time_cures_are_called_transient() {
    let transient: Vec<i32> =
        ErrCode::ALL.iter().filter(|code| code.is_transient()).map(|code| code.number()).collect();
    assert_eq!(transient, [-1, 45009, 61503]);
}
