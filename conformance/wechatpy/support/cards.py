"""The cards that the tests make: one small shop, with every kind of coupon it could hand out, and its holders."""

import datetime
import secrets

CHINA = datetime.timezone(datetime.timedelta(hours=8))
DAY = 86400
LOGO = "https://mmbiz.qpic.cn/mmbiz/teahouse/0?wx_fmt=png"

#: What each coupon type has besides base_info.
COUPONS = {
    "GENERAL_COUPON": {"default_detail": "任意饮品免费升杯"},
    "GROUPON": {"deal_detail": "两壶龙井\n四样茶点"},
    "CASH": {"least_cost": 5000, "reduce_cost": 1000},
    "DISCOUNT": {"discount": 15},
    "GIFT": {"gift": "手工茶漏一个"},
}

MEMBER_CARD = {
    "prerogative": "每周三双倍积分",
    "supply_bonus": True,
    "supply_balance": False,
    "bonus_rules": "每消费十元积一分",
    "activate_url": "https://example.com/join",
}


def today():
    """The calendar day at UTC+8, by which WeChat counts."""
    return datetime.datetime.now(CHINA).date()


def day(offset):
    """A day relative to today, as reports want it."""
    return (today() + datetime.timedelta(days=offset)).isoformat()


def midnight(offset):
    """The first second of a day relative to today."""
    start = datetime.datetime.combine(today() + datetime.timedelta(days=offset), datetime.time(), CHINA)
    return int(start.timestamp())


def window(begin=-10, end=20):
    """A date_info from the start of one day to the end of another."""
    return {
        "type": "DATE_TYPE_FIX_TIME_RANGE",
        "begin_timestamp": midnight(begin),
        "end_timestamp": midnight(end + 1) - 1,
    }


def base_info(**changes):
    """The least a card must say, with changes; a change to `...` leaves the field out."""
    info = {
        "logo_url": LOGO,
        "code_type": "CODE_TYPE_QRCODE",
        "brand_name": "半山茶铺",
        "title": "春茶上新券",
        "color": "Color030",
        "notice": "点单前出示",
        "description": "不可兑换现金\n最终解释权归本店",
        "date_info": window(),
        "sku": {"quantity": 20},
    }
    info.update(changes)
    return {name: value for name, value in info.items() if value is not ...}


def coupon(card_type="GENERAL_COUPON", fields=None, **changes):
    """The body of a card/create for a coupon."""
    section = {"base_info": base_info(**changes), **(COUPONS[card_type] if fields is None else fields)}
    return {"card": {"card_type": card_type, card_type.lower(): section}}


def member_card(fields=None, **changes):
    """The body of a card/create for a member card."""
    changes.setdefault("date_info", {"type": "DATE_TYPE_PERMANENT"})
    section = {"base_info": base_info(**changes), **MEMBER_CARD, **(fields or {})}
    return {"card": {"card_type": "MEMBER_CARD", "member_card": section}}


def new_openid():
    """A new holder."""
    return "o" + secrets.token_hex(14)[:27]


def new_code():
    """A code of the merchant's own, never used before."""
    return "T" + secrets.token_hex(7).upper()


def unknown_card():
    """A card id of the right shape that no card has."""
    return "p" + secrets.token_hex(14)[:27]
