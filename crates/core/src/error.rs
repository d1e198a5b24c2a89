//! Errcodes and errors. One table has every errcode of kaquan with its text. The rest of the file is the error value
//! of the rules and its `errmsg` in a reply.
//!
//! WeChat manual: "卡券错误码" (card error codes) and "全局返回码说明" (global return codes).

use std::fmt;

macro_rules! errcodes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// The reason of a refusal: WeChat's number and text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrCode { $(#[doc = $text] $(#[$doc])* $name,)* }

        impl ErrCode {
            /// Every errcode, in the order of the table.
            pub const ALL: &'static [ErrCode] = &[$(ErrCode::$name,)*];

            /// The number in `errcode`.
            pub const fn number(self) -> i32 {
                match self { $(ErrCode::$name => $code,)* }
            }

            /// The text at the beginning of `errmsg`. Clients search for it, so it is exactly WeChat's.
            pub const fn text(self) -> &'static str {
                match self { $(ErrCode::$name => $text,)* }
            }
        }
    };
}

errcodes! {
    SystemError = -1, "system error";
    /// WeChat's real answer if a sub-merchant has an original id instead of an appid: no text at all.
    NoText = 1, "";
    InvalidCredential = 40001, "invalid credential, access_token is invalid or not latest";
    InvalidGrantType = 40002, "invalid grant_type";
    InvalidOpenid = 40003, "invalid openid";
    InvalidMediaType = 40004, "invalid media type";
    InvalidFileType = 40005, "invalid file type";
    /// The text has WeChat's spelling.
    InvalidMediaSize = 40006, "invalid meida size";
    InvalidMediaId = 40007, "invalid media_id";
    InvalidImageSize = 40009, "invalid image size";
    InvalidAppid = 40013, "invalid appid";
    InvalidArgsSize = 40035, "invalid args size";
    InvalidActionName = 40052, "invalid action name";
    InvalidActionInfo = 40053, "invalid action info, please check document";
    InvalidSerialCode = 40056, "invalid serial code";
    InvalidSku = 40070, "invalid sku info";
    InvalidCardType = 40071, "invalid card type";
    InvalidLocationId = 40072, "invalid location id";
    InvalidCardId = 40073, "invalid card id";
    InvalidEncryptCode = 40075, "invalid encrypt code";
    InvalidColor = 40076, "invalid color id";
    InvalidCardStatus = 40078, "invalid card status";
    InvalidTime = 40079, "invalid time";
    InvalidCardExt = 40080, "invalid card ext";
    InvalidArgs = 40097, "invalid args";
    InvalidPoiid = 40098, "invalid poiid";
    CodeConsumed = 40099, "invalid code, this code has consumed.";
    InvalidDateInfo = 40100, "invalid DateInfo, Make Sure OldDateInfoType==NewDateInfoType && NewBeginTime<=OldBeginTime && OldEndTime<= NewEndTime";
    TooManyCodes = 40109, "too many code size, must <= 100";
    HaveEmptyCode = 40110, "have empty code";
    HaveSameCode = 40111, "have same code";
    UnsupportedFileType = 40113, "unsupported file type";
    InvalidCode = 40116, "invalid code";
    InvalidCardQuantity = 40122, "invalid card quantity";
    TooManyCustomFields = 40124, "too many custom field!";
    InvalidAppsecret = 40125, "invalid appsecret";
    InvalidUserCardStatus = 40127, "invalid user-card status! Hint: the card was given to user, but may be deleted or expired or set unavailable !";
    InvalidScene = 40129, "invalid scene";
    SupplyBonusStays = 40135, "invalid not supply bonus, can not change card_id which supply bonus to be not supply";
    InvalidDepositMode = 40136, "invalid use DepositCodeMode, make sure sku.quantity>DepositCode.quantity";
    InvalidImageFormat = 40137, "invalid image format";
    InvalidSubMerchantId = 40139, "invalid sub merchant id";
    InvalidSubMerchantStatus = 40140, "invalid sub merchant status";
    PayCellConflict = 40145, "invalid update! Can not both set PayCell and CenterCellInfo(include: center_title, center_sub_title, center_url).";
    MarkedByOther = 40146, "invalid openid! card may be marked by other user!";
    InvalidTimeLimit = 40149, "invalid use time limit";
    InvalidCardParameters = 40150, "invalid card parameters";
    NeedNoCustomCode = 40158, "invalid use_custom_code, need be false";
    InvalidImageFile = 40160, "invalid image file";
    AccessTokenMissing = 41001, "access_token missing";
    AppidMissing = 41002, "appid missing";
    AppsecretMissing = 41004, "appsecret missing";
    MediaMissing = 41005, "media data missing";
    MediaIdMissing = 41006, "media_id missing";
    OpenidMissing = 41009, "missing openid";
    MissingFields = 41011, "missing required fields! please check document and request json!";
    CardIdMissing = 41012, "missing card id";
    CodeMissing = 41013, "missing code";
    TicketClassMissing = 41014, "missing ticket_class";
    ShowTimeMissing = 41015, "missing show_time";
    TextImageMissing = 41026, "missing image list info, text maybe empty";
    AccessTokenExpired = 42001, "access_token expired";
    RequireGet = 43001, "require GET method";
    RequirePost = 43002, "require POST method";
    RequireLocationId = 43017, "require location id!";
    EmptyPostData = 44002, "empty post data";
    MediaSizeOutOfLimit = 45001, "media size out of limit";
    ApiDailyQuota = 45009, "reach max api daily quota limit";
    TooManyOpenids = 45019, "too many openid, please input less";
    OutOfLengthLimit = 45021, "some argument may be out of length limit! please check document and request json!";
    BonusOutOfLimit = 45022, "bonus is out of limit";
    BalanceOutOfLimit = 45023, "balance is out of limit";
    PoiCountOutOfLimit = 45025, "poiid count is out of limit";
    NotSupported = 45030, "limit cardid, not support this function";
    StockOutOfLimit = 45031, "stock is out of limit";
    GetLimitReached = 45033, "user get card num is out of get_limit";
    CardListSize = 45039, "card_list_size out of limit";
    TotalQuantityReached = 45041, "this card reach total sku quantity limit!";
    TooManyIcons = 45044, "icon urls out of limit";
    CellConflict = 45046, "operate field conflict, CenterCell, PayCell, SelfConsumeCell conflict";
    VerifyCodeTooLong = 45053, "exceed consume verify code size";
    VerifyCodeCharset = 45055, "the code is not in consume verify code charset";
    InvalidCardCategory = 45160, "invalid category to create card";
    DataFormat = 47001, "data format error";
    ApiUnauthorized = 48001, "api unauthorized";
    PicNotFromCdn = 52000, "pic is not from cdn";
    BrandNameEmpty = 52019, "brand name empty";
    /// The original host returned no complete reply, and may have executed the call. -1 would make clients repeat the
    /// call.
    UpstreamFailed = 61450, "system error";
    DateFormat = 61500, "date format error";
    DateRange = 61501, "date range error";
    DataNotReady = 61503, "data not ready, please try later";
    InvalidCategories = 65104, "invalid categories";
    InvalidPhotoUrl = 65105, "invalid photo url";
    InvalidBusinessName = 65109, "invalid business name";
    InvalidAddress = 65110, "invalid address";
    InvalidTelephone = 65111, "invalid telephone";
    InvalidCity = 65112, "invalid city";
    InvalidProvince = 65113, "invalid province";
    PhotoListEmpty = 65114, "photo list empty";
    PoiIdNotExist = 65115, "poi_id is not exist";
    PoiDeleted = 65116, "poi has been deleted";
    StoreStatusInvalid = 65118, "store status is invalid";
    NoMatchCard = 72001, "no match card";
    NeedMemberCard = 72003, "invalid card type, need member card";
    MchidOccupied = 72004, "mchid is occupied by the other appid";
    TooManyMchids = 72005, "out of mchid size limit";
    InvalidGetLimit = 72009, "invalid get limit, can not over 50";
    InvalidActivateTicket = 72011, "invalid activate_ticket.Maybe this ticket is not belong this AppId";
    ActivateTicketExpired = 72012, "activate_ticket has been expired";
    TooManyMsgCards = 72019, "limit msg operation card list size, must <= 5";
    UseLimitReached = 72020, "limit consume in use limit";
    NeedWxActivate = 72026, "need set wx_activate true";
    InvalidMchid = 72030, "invalid mchid";
    InvalidParams = 72031, "invalid params";
    PayGiftExpired = 72032, "pay gift card rule expired";
    InvalidRuleId = 72034, "invlid rule id";
    FriendsCouponClosed = 73205, "friends' coupons are suspended";
}

impl ErrCode {
    /// Whether the same request may succeed later. The errcodes are listed one by one, because clients repeat a request
    /// after each of them, some clients without a limit.
    pub const fn is_transient(self) -> bool {
        matches!(self, ErrCode::SystemError | ErrCode::DataNotReady | ErrCode::ApiDailyQuota)
    }
}

/// A refusal: the errcode, and the details with which the caller finds the fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// WeChat's number of the reason.
    pub code: ErrCode,
    /// The faulty part of the request, and the fault.
    pub detail: Detail,
}

/// The details of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// No details: the errcode is enough.
    None,
    /// `field` is wrong, because of `reason`.
    Field {
        /// The path of the field in the request, such as `groupon.base_info.title`.
        field: String,
        /// The fault, in English.
        reason: String,
    },
    /// A required field is missing. The text is WeChat's accessor form, such as `m_data.base_info().title`.
    Missing(String),
    /// A key that is not allowed in this place. Replies show the request's text after the key.
    Key {
        /// The path of the key in the request.
        path: Vec<String>,
        /// Why the key is not allowed.
        reason: String,
    },
    /// The object has changed since the caller read it.
    Changed,
    /// A text for the log and not for the caller.
    Internal(String),
    /// As `Internal`, but the failed part has already logged the text.
    Logged(String),
}

/// The result of a rule.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A refusal that names a field and the reason.
    pub fn field(code: ErrCode, field: impl Into<String>, reason: impl Into<String>) -> Self {
        Error { code, detail: Detail::Field { field: field.into(), reason: reason.into() } }
    }

    /// 41011 for a missing field. WeChat names the field by the accessor in WeChat's own source, such as
    /// `m_data.card_number`.
    pub fn missing(accessor: impl Into<String>) -> Self {
        Error { code: ErrCode::MissingFields, detail: Detail::Missing(accessor.into()) }
    }

    /// 47001 for a key that is not allowed in this place.
    pub fn key(path: &[&str], reason: impl Into<String>) -> Self {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        Error { code: ErrCode::DataFormat, detail: Detail::Key { path, reason: reason.into() } }
    }

    /// 40097 for a request based on a state that has changed since; see `operation::Expectation`.
    pub fn changed() -> Self {
        Error { code: ErrCode::InvalidArgs, detail: Detail::Changed }
    }

    /// -1, with a text for the log.
    pub fn internal(text: impl Into<String>) -> Self {
        Error { code: ErrCode::SystemError, detail: Detail::Internal(text.into()) }
    }

    /// -1, with a text that the failed part has already logged.
    pub fn logged(text: impl Into<String>) -> Self {
        Error { code: ErrCode::SystemError, detail: Detail::Logged(text.into()) }
    }
}

impl From<ErrCode> for Error {
    fn from(code: ErrCode) -> Self {
        Error { code, detail: Detail::None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code.number(), self.code.text())?;
        match &self.detail {
            Detail::None => Ok(()),
            Detail::Field { field, reason } => write!(f, " {field}: {reason}"),
            Detail::Missing(path) => write!(f, " {path}"),
            Detail::Key { path, reason } => write!(f, " {}: {reason}", path.join(".")),
            Detail::Changed => f.write_str(" the object has changed meanwhile"),
            Detail::Internal(text) | Detail::Logged(text) => write!(f, " ({text})"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_number_stands_once_in_the_table() {
        let numbers: HashSet<i32> = ErrCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers.len(), ErrCode::ALL.len());
    }

    #[test]
    fn a_refusal_reads_as_code_text_field_and_reason() {
        let error =
            Error::field(ErrCode::OutOfLengthLimit, "groupon.base_info.title", "30 bytes, at most 27");
        assert!(error.to_string().starts_with("45021 some argument"));
        assert!(error.to_string().ends_with("groupon.base_info.title: 30 bytes, at most 27"));
    }
}
