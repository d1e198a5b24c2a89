package kaquan;

import java.security.SecureRandom;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HexFormat;
import me.chanjar.weixin.mp.bean.card.AbstractCardCreateRequest;
import me.chanjar.weixin.mp.bean.card.BaseInfo;
import me.chanjar.weixin.mp.bean.card.CashCard;
import me.chanjar.weixin.mp.bean.card.CashCardCreateRequest;
import me.chanjar.weixin.mp.bean.card.DateInfo;
import me.chanjar.weixin.mp.bean.card.DiscountCard;
import me.chanjar.weixin.mp.bean.card.DiscountCardCreateRequest;
import me.chanjar.weixin.mp.bean.card.GeneralCoupon;
import me.chanjar.weixin.mp.bean.card.GeneralCouponCreateRequest;
import me.chanjar.weixin.mp.bean.card.GiftCard;
import me.chanjar.weixin.mp.bean.card.GiftCardCreateRequest;
import me.chanjar.weixin.mp.bean.card.GrouponCard;
import me.chanjar.weixin.mp.bean.card.GrouponCardCreateRequest;
import me.chanjar.weixin.mp.bean.card.Sku;
import me.chanjar.weixin.mp.bean.card.membercard.MemberCard;
import me.chanjar.weixin.mp.bean.card.membercard.MemberCardCreateRequest;
import me.chanjar.weixin.mp.bean.card.membercard.WxMpMemberCardCreateMessage;

/**
 * The cards that the tests make, out of the library's own classes: a bakery's coupons of every kind, and its members'
 * cards. What is not set here the library sends as it sees fit.
 */
final class Cards {
    private static final ZoneOffset CHINA = ZoneOffset.ofHours(8);
    private static final SecureRandom RANDOM = new SecureRandom();

    private Cards() {}

    /** The first second of a day relative to today, in the time zone by which WeChat counts. */
    static long midnight(int offset) {
        return LocalDate.now(CHINA).plusDays(offset).atStartOfDay().toEpochSecond(CHINA);
    }

    /** A date_info from the start of one day to the end of another. */
    static DateInfo window(int begin, int end) {
        DateInfo dates = new DateInfo();
        dates.setType("DATE_TYPE_FIX_TIME_RANGE");
        dates.setBeginTimestamp(midnight(begin));
        dates.setEndTimestamp(midnight(end + 1) - 1);
        return dates;
    }

    /** The least a card must say; the rest is what the library sends by itself. */
    static BaseInfo baseInfo() {
        BaseInfo info = new BaseInfo();
        info.setLogoUrl("https://mmbiz.qpic.cn/mmbiz/bakery/0?wx_fmt=png");
        info.setCodeType("CODE_TYPE_QRCODE");
        info.setBrandName("麦田面包");
        info.setTitle("早餐半价券");
        info.setColor("Color010");
        info.setNotice("付款前出示");
        info.setDescription("每日限用一张\n售完为止");
        info.setDateInfo(window(-10, 20));
        info.setSku(sku(20));
        return info;
    }

    static Sku sku(int quantity) {
        Sku sku = new Sku();
        sku.setQuantity(quantity);
        return sku;
    }

    static GiftCardCreateRequest gift(BaseInfo info) {
        GiftCard card = new GiftCard();
        card.setBaseInfo(info);
        card.setGift("布袋一个");
        GiftCardCreateRequest request = new GiftCardCreateRequest();
        request.setGift(card);
        return request;
    }

    static AbstractCardCreateRequest generalCoupon() {
        GeneralCoupon card = new GeneralCoupon();
        card.setBaseInfo(baseInfo());
        card.setDefaultDetail("咖啡免费续杯");
        GeneralCouponCreateRequest request = new GeneralCouponCreateRequest();
        request.setGeneralCoupon(card);
        return request;
    }

    static AbstractCardCreateRequest groupon() {
        GrouponCard card = new GrouponCard();
        card.setBaseInfo(baseInfo());
        card.setDealDetail("吐司两条\n果酱一瓶");
        GrouponCardCreateRequest request = new GrouponCardCreateRequest();
        request.setGroupon(card);
        return request;
    }

    static AbstractCardCreateRequest cash() {
        CashCard card = new CashCard();
        card.setBaseInfo(baseInfo());
        card.setLeastCost(3000);
        card.setReduceCost(500);
        CashCardCreateRequest request = new CashCardCreateRequest();
        request.setCash(card);
        return request;
    }

    static AbstractCardCreateRequest discount() {
        DiscountCard card = new DiscountCard();
        card.setBaseInfo(baseInfo());
        card.setDiscount(30);
        DiscountCardCreateRequest request = new DiscountCardCreateRequest();
        request.setDiscount(card);
        return request;
    }

    static WxMpMemberCardCreateMessage memberCard() {
        DateInfo dates = new DateInfo();
        dates.setType("DATE_TYPE_PERMANENT");
        BaseInfo info = baseInfo();
        info.setDateInfo(dates);
        MemberCard card = new MemberCard();
        card.setBaseInfo(info);
        card.setPrerogative("周一全场八折");
        card.setSupplyBonus(true);
        card.setBonusRules("每消费一元积一分");
        card.setActivateUrl("https://example.com/join");
        MemberCardCreateRequest request = new MemberCardCreateRequest();
        request.setMemberCard(card);
        WxMpMemberCardCreateMessage message = new WxMpMemberCardCreateMessage();
        message.setCardCreateRequest(request);
        return message;
    }

    /** A new holder. */
    static String newOpenid() {
        return "o" + random().substring(0, 27);
    }

    /** A code of the merchant's own, never used before. */
    static String newCode() {
        return "J" + random().substring(0, 14);
    }

    /** A card id of the right shape that no card has. */
    static String unknownCard() {
        return "p" + random().substring(0, 27);
    }

    private static String random() {
        byte[] bytes = new byte[14];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
