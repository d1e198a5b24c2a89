package kaquan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.bean.card.BaseInfo;
import me.chanjar.weixin.mp.bean.card.UserCard;
import me.chanjar.weixin.mp.bean.card.WxMpCardCodeCheckcodeResult;
import me.chanjar.weixin.mp.bean.card.WxMpCardCodeDepositResult;
import me.chanjar.weixin.mp.bean.card.WxMpCardResult;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Codes: get, consume, mark, unavailable, update, deposit and what was deposited, decrypt, and what a holder has. */
@DisplayName("codes")
class CodeTest {
    /** A code that no holder ever got. */
    private static final String NOBODYS = "000000000000";

    private static String custom() throws WxErrorException {
        BaseInfo info = Cards.baseInfo();
        info.setUseCustomCode(true);
        return Merchant.claimable(Cards.gift(info));
    }

    /** A card that gives out codes the merchant puts in; the library's classes lack the field that says so. */
    static String depositable() throws WxErrorException {
        BaseInfo info = Cards.baseInfo();
        info.setUseCustomCode(true);
        info.setSku(Cards.sku(0));
        JsonObject body = JsonParser.parseString("{\"card\":" + Cards.gift(info) + "}").getAsJsonObject();
        body.getAsJsonObject("card").getAsJsonObject("gift").getAsJsonObject("base_info")
                .addProperty("get_custom_code_mode", "GET_CUSTOM_CODE_MODE_DEPOSIT");
        String reply = Merchant.SERVICE.post(Server.URL + "/card/create", body.toString());
        return Merchant.reviewed(JsonParser.parseString(reply).getAsJsonObject().get("card_id").getAsString());
    }

    @Test
    void a_fresh_code_names_its_card_its_holder_and_its_window() throws WxErrorException {
        Merchant.Held held = Merchant.held();
        WxMpCardResult code = Merchant.CARDS.queryCardCode(null, held.code(), true);
        assertEquals(held.openid(), code.getOpenId());
        assertEquals("NORMAL", code.getUserCardStatus());
        assertTrue(code.getCanConsume());
        assertEquals(held.cardId(), code.getCard().getCardId());
        assertEquals(Cards.midnight(-10), code.getCard().getBeginTime());
        assertEquals(Cards.midnight(21) - 1, code.getCard().getEndTime());
    }

    @Test
    void a_code_is_consumed_once() throws WxErrorException {
        Merchant.Held held = Merchant.held();
        JsonObject reply = JsonParser.parseString(Merchant.CARDS.consumeCardCode(held.code())).getAsJsonObject();
        assertEquals(held.openid(), reply.get("openid").getAsString());
        assertEquals(held.cardId(), reply.getAsJsonObject("card").get("card_id").getAsString());
        Merchant.refused(40099, () -> Merchant.CARDS.consumeCardCode(held.code()));
        WxMpCardResult code = Merchant.CARDS.queryCardCode(held.cardId(), held.code(), false);
        assertEquals("CONSUMED", code.getUserCardStatus());
        assertFalse(code.getCanConsume());
    }

    @Test
    void an_unknown_code_is_40056() {
        Merchant.refused(40056, () -> Merchant.CARDS.consumeCardCode(NOBODYS));
        Merchant.refused(40056, () -> Merchant.CARDS.queryCardCode(null, NOBODYS, true));
    }

    @Test
    void a_code_the_merchant_chose_is_found_with_its_card_and_can_be_replaced() throws WxErrorException {
        String cardId = custom();
        String code = Cards.newCode();
        String fresh = Cards.newCode();
        Server.claim(Cards.newOpenid(), cardId, "code", code);
        Merchant.refused(40056, () -> Merchant.CARDS.consumeCardCode(code));
        Merchant.CARDS.cardCodeUpdate(cardId, code, fresh);
        Merchant.refused(40056, () -> Merchant.CARDS.consumeCardCode(code, cardId));
        Merchant.CARDS.consumeCardCode(fresh, cardId);
    }

    @Test
    void a_code_out_of_use_cannot_be_consumed() throws WxErrorException {
        Merchant.Held held = Merchant.held();
        Merchant.CARDS.unavailableCardCode(held.cardId(), held.code(), "退款");
        Merchant.refused(40127, () -> Merchant.CARDS.consumeCardCode(held.code()));
    }

    @Test
    void a_text_that_is_no_code_of_this_app_is_40075() {
        Merchant.refused(40075, () -> Merchant.CARDS.decryptCardCode("XXIzTtMqCxwOaawoE91+VJdsFmv7b8g0VZIZkqf4GWA="));
    }

    @Test
    void a_holder_has_what_was_claimed_and_not_yet_used() throws WxErrorException {
        Merchant.Held held = Merchant.held();
        List<UserCard> cards = Merchant.CARDS.getUserCardList(held.openid(), null).getCardList();
        assertEquals(1, cards.size());
        assertEquals(held.code(), cards.get(0).getCode());
        assertEquals(held.cardId(), cards.get(0).getCardId());
        Merchant.CARDS.consumeCardCode(held.code());
        assertEquals(List.of(), Merchant.CARDS.getUserCardList(held.openid(), held.cardId()).getCardList());
    }

    @Test
    void codes_put_in_are_given_out() throws WxErrorException {
        String cardId = depositable();
        List<String> codes = List.of(Cards.newCode(), Cards.newCode());
        Merchant.CARDS.cardCodeDeposit(cardId, codes.subList(0, 1));
        WxMpCardCodeDepositResult reply = Merchant.CARDS.cardCodeDeposit(cardId, codes);
        assertEquals(codes.subList(1, 2), reply.getSuccessCodes());
        assertEquals(codes.subList(0, 1), reply.getDuplicateCodes());
        Merchant.CARDS.cardModifyStock(cardId, 2);
        assertTrue(codes.contains(Server.claim(Cards.newOpenid(), cardId)));
    }

    @Test
    void codes_put_in_are_counted_and_told_from_others() throws WxErrorException {
        String cardId = depositable();
        assertEquals(0, Merchant.CARDS.cardCodeDepositCount(cardId).getCount());
        List<String> codes = List.of(Cards.newCode(), Cards.newCode());
        Merchant.CARDS.cardCodeDeposit(cardId, codes);
        assertEquals(2, Merchant.CARDS.cardCodeDepositCount(cardId).getCount());
        WxMpCardCodeCheckcodeResult reply =
                Merchant.CARDS.cardCodeCheckcode(cardId, List.of(NOBODYS, codes.get(1), codes.get(0)));
        assertEquals(List.of(codes.get(1), codes.get(0)), reply.getExistCode());
        assertEquals(List.of(NOBODYS), reply.getNotExistCode());
    }

    @Test
    void a_code_kept_for_another_is_not_consumed() throws WxErrorException {
        Merchant.Held held = Merchant.held();
        String other = Cards.newOpenid();
        Merchant.CARDS.markCardCode(held.code(), held.cardId(), other, true);
        Merchant.refused(40146, () -> Merchant.CARDS.consumeCardCode(held.code()));
        Merchant.CARDS.markCardCode(held.code(), held.cardId(), other, false);
        Merchant.CARDS.consumeCardCode(held.code());
    }
}
