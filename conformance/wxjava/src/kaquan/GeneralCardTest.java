package kaquan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import me.chanjar.weixin.common.error.WxErrorException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** General cards and dynamic codes by the library's raw calls, because it has no methods for them. */
@DisplayName("general cards")
class GeneralCardTest {
    private static final String CARD = "{\"card\":{\"card_type\":\"GENERAL_CARD\",\"general_card\":{"
            + "\"sub_card_type\":\"GIFT_CARD\",\"supply_balance\":true,\"init_balance\":10000,"
            + "\"base_info\":{\"logo_url\":\"http://mmbiz.qpic.cn/a\",\"code_type\":\"CODE_TYPE_QRCODE\","
            + "\"brand_name\":\"半山茶铺\",\"title\":\"礼品卡\",\"color\":\"Color030\",\"notice\":\"点单前出示\","
            + "\"description\":\"不可兑换现金\",\"date_info\":{\"type\":\"DATE_TYPE_PERMANENT\"},"
            + "\"use_dynamic_code\":true,\"get_limit\":0,\"sku\":{\"quantity\":20}}}}}";

    private static JsonObject post(String path, String body) throws WxErrorException {
        return JsonParser.parseString(Merchant.SERVICE.post(Server.URL + path, body)).getAsJsonObject();
    }

    private static JsonObject update(String code, long balance) throws WxErrorException {
        return post("/card/generalcard/updateuser", "{\"code\":\"" + code + "\",\"balance\":" + balance + "}");
    }

    /** An active gift card and its holder. */
    private static Merchant.Held active() throws WxErrorException {
        String cardId = post("/card/create", CARD).get("card_id").getAsString();
        Merchant.Held held = Merchant.held(Merchant.reviewed(cardId));
        post("/card/generalcard/activate", "{\"code\":\"" + held.code() + "\",\"card_number\":\"J0001\"}");
        return held;
    }

    @Test
    void a_balance_changes_to_the_new_total() throws WxErrorException {
        Merchant.Held held = active();
        assertEquals(2500, update(held.code(), 2500).get("result_balance").getAsLong());
    }

    @Test
    void the_code_of_the_moment_stands_for_the_code() throws WxErrorException {
        Merchant.Held held = active();
        String body = "{\"openid\":\"" + held.openid() + "\",\"code\":\"" + held.code() + "\"}";
        String moment = post("/wallet/v1/dynamic_code", body).get("dynamic_code").getAsString();
        assertEquals(1, update(moment, 1).get("result_balance").getAsLong());
        Merchant.refused(40056, () -> update("163600000000000001", 1));
    }
}
