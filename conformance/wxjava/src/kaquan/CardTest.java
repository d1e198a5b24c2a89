package kaquan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.util.List;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.bean.card.AbstractCardCreateRequest;
import me.chanjar.weixin.mp.bean.card.BaseInfo;
import me.chanjar.weixin.mp.bean.card.BaseInfoUpdate;
import me.chanjar.weixin.mp.bean.card.CardUpdateResult;
import me.chanjar.weixin.mp.bean.card.membercard.MemberCardUpdate;
import me.chanjar.weixin.mp.bean.card.membercard.MemberCardUpdateRequest;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Cards, made out of the library's classes with all that those send by themselves: create, get, update, stock, delete.
 * The library has no batchget.
 */
@DisplayName("cards")
class CardTest {
    @Test
    void every_coupon_type_keeps_its_own_fields() throws WxErrorException {
        assertEquals("咖啡免费续杯", text(Cards.generalCoupon(), "default_detail"));
        assertEquals("吐司两条\n果酱一瓶", text(Cards.groupon(), "deal_detail"));
        assertEquals("3000", text(Cards.cash(), "least_cost"));
        assertEquals("30", text(Cards.discount(), "discount"));
        assertEquals("布袋一个", text(Cards.gift(Cards.baseInfo()), "gift"));
    }

    private static String text(AbstractCardCreateRequest card, String field) throws WxErrorException {
        return Merchant.section(Merchant.create(card)).get(field).getAsString();
    }

    @Test
    void a_member_card_keeps_its_own_fields() throws WxErrorException {
        JsonObject card = Merchant.section(Merchant.MEMBERS.createMemberCard(Cards.memberCard()).getCardId());
        assertEquals("周一全场八折", card.get("prerogative").getAsString());
        assertTrue(card.get("supply_bonus").getAsBoolean());
        JsonObject dates = card.getAsJsonObject("base_info").getAsJsonObject("date_info");
        assertEquals("DATE_TYPE_PERMANENT", dates.get("type").getAsString());
    }

    @Test
    void shops_are_sent_as_texts_and_come_back_as_numbers() throws WxErrorException {
        BaseInfo info = Cards.baseInfo();
        // By default the library says that all shops take part.
        info.setUseAllLocations(false);
        info.setLocationIdList(List.of("123", "456"));
        JsonObject card = Merchant.info(Merchant.create(Cards.gift(info)));
        assertEquals("[123,456]", card.getAsJsonArray("location_id_list").toString());
    }

    @Test
    void a_card_without_a_title_is_41011_and_a_wrong_colour_40076() {
        BaseInfo info = Cards.baseInfo();
        info.setTitle(null);
        Merchant.refused(41011, () -> Merchant.create(Cards.gift(info)));
        info.setTitle("早餐半价券");
        info.setColor("Color999");
        Merchant.refused(40076, () -> Merchant.create(Cards.gift(info)));
    }

    @Test
    void an_unknown_card_is_40073() {
        Merchant.refused(40073, () -> Merchant.CARDS.getCardDetail(Cards.unknownCard()));
        Merchant.refused(40073, () -> Merchant.CARDS.cardModifyStock(Cards.unknownCard(), 1));
        Merchant.refused(40073, () -> Merchant.CARDS.deleteCard(Cards.unknownCard()));
    }

    @Test
    void stock_can_be_added_and_taken_away() throws WxErrorException {
        String cardId = Merchant.create(Cards.cash());
        Merchant.CARDS.cardModifyStock(cardId, 5);
        Merchant.CARDS.cardModifyStock(cardId, -15);
        assertEquals(10, Merchant.info(cardId).getAsJsonObject("sku").get("quantity").getAsInt());
        Merchant.refused(40122, () -> Merchant.CARDS.cardModifyStock(cardId, -11));
    }

    @Test
    void a_deleted_card_is_deleted() throws WxErrorException {
        String cardId = Merchant.create(Cards.discount());
        assertTrue(Merchant.CARDS.deleteCard(cardId).isSuccess());
        assertEquals("CARD_STATUS_DELETE", Merchant.info(cardId).get("status").getAsString());
    }

    @Test
    void a_card_of_all_shops_gets_the_cell_to_pay_with_or_the_one_to_consume_with() throws WxErrorException {
        String paid = Merchant.claimable(Cards.cash());
        Merchant.CARDS.cardPaycellSet(paid, true);
        Merchant.refused(45046, () -> Merchant.CARDS.cardSelfConsumeCellSet(paid, true, false, false));
        Merchant.CARDS.cardPaycellSet(paid, false);
        Merchant.CARDS.cardSelfConsumeCellSet(paid, true, false, true);
    }

    @Test
    void an_update_says_whether_the_card_is_reviewed_again() throws WxErrorException {
        String cardId = Merchant.MEMBERS.createMemberCard(Cards.memberCard()).getCardId();
        BaseInfoUpdate info = new BaseInfoUpdate();
        info.setServicePhone("12306");
        assertFalse(update(cardId, info, null).isSendCheck());
        assertTrue(update(cardId, null, "周二全场七折").isSendCheck());
        assertEquals("12306", Merchant.info(cardId).get("service_phone").getAsString());
        assertEquals("周二全场七折", Merchant.section(cardId).get("prerogative").getAsString());
    }

    @Test
    void an_update_of_another_type_is_47001() throws WxErrorException {
        String cardId = Merchant.create(Cards.cash());
        Merchant.refused(47001, () -> update(cardId, null, "周二全场七折"));
    }

    private static CardUpdateResult update(String cardId, BaseInfoUpdate info, String prerogative)
            throws WxErrorException {
        MemberCardUpdate card = new MemberCardUpdate();
        card.setBaseInfo(info);
        card.setPrerogative(prerogative);
        MemberCardUpdateRequest request = new MemberCardUpdateRequest();
        request.setCardId(cardId);
        request.setMemberCardUpdate(card);
        return Merchant.MEMBERS.updateCardInfo(request);
    }
}
