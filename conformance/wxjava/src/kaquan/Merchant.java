package kaquan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.api.WxMpCardService;
import me.chanjar.weixin.mp.api.WxMpMemberCardService;
import me.chanjar.weixin.mp.api.WxMpService;
import me.chanjar.weixin.mp.api.impl.WxMpServiceImpl;
import me.chanjar.weixin.mp.bean.card.AbstractCardCreateRequest;
import me.chanjar.weixin.mp.bean.card.WxMpCardCreateRequest;
import me.chanjar.weixin.mp.config.WxMpHostConfig;
import me.chanjar.weixin.mp.config.impl.WxMpDefaultConfigImpl;
import org.junit.jupiter.api.function.Executable;

/**
 * WxJava, pointed at the server under test by its host configuration, with the steps most tests begin with and the
 * checks they share.
 */
final class Merchant {
    /** How long a card may take to pass an automatic review. */
    private static final Duration REVIEW = Duration.ofSeconds(5);

    static final WxMpService SERVICE = connect(Server.SECRET);
    static final WxMpCardService CARDS = SERVICE.getCardService();
    static final WxMpMemberCardService MEMBERS = SERVICE.getMemberCardService();

    /** A card that was claimed. */
    record Held(String cardId, String openid, String code) {}

    private Merchant() {}

    static WxMpService connect(String secret) {
        WxMpDefaultConfigImpl config = new WxMpDefaultConfigImpl();
        config.setAppId(Server.APPID);
        config.setSecret(secret);
        config.setHostConfig(WxMpHostConfig.builder().apiHost(Server.URL).mpHost(Server.URL).build());
        WxMpService service = new WxMpServiceImpl();
        service.setWxMpConfigStorage(config);
        return service;
    }

    // Steps

    static String create(AbstractCardCreateRequest card) throws WxErrorException {
        WxMpCardCreateRequest request = new WxMpCardCreateRequest();
        request.setCardCreateRequest(card);
        return CARDS.createCard(request).getCardId();
    }

    static String claimable(AbstractCardCreateRequest card) throws WxErrorException {
        return reviewed(create(card));
    }

    static Held held() throws WxErrorException {
        return held(claimable(Cards.generalCoupon()));
    }

    static Held held(String cardId) {
        String openid = Cards.newOpenid();
        return new Held(cardId, openid, Server.claim(openid, cardId));
    }

    static Held heldMemberCard() throws WxErrorException {
        return held(reviewed(MEMBERS.createMemberCard(Cards.memberCard()).getCardId()));
    }

    /** Waits until the card has passed its review; the server's clock cannot be seen from here, so it is asked. */
    static String reviewed(String cardId) throws WxErrorException {
        Instant until = Instant.now().plus(REVIEW);
        while (!info(cardId).get("status").getAsString().equals("CARD_STATUS_VERIFY_OK")) {
            assertTrue(Instant.now().isBefore(until), "the card does not pass its review");
        }
        return cardId;
    }

    /** The part of a card under the name of its type. */
    static JsonObject section(String cardId) throws WxErrorException {
        JsonObject reply = JsonParser.parseString(CARDS.getCardDetail(cardId)).getAsJsonObject();
        JsonObject card = reply.getAsJsonObject("card");
        return card.getAsJsonObject(card.get("card_type").getAsString().toLowerCase(Locale.ROOT));
    }

    static JsonObject info(String cardId) throws WxErrorException {
        return section(cardId).getAsJsonObject("base_info");
    }

    // Checks

    /** The call must be refused with this errcode. */
    static void refused(int errcode, Executable call) {
        WxErrorException refusal = assertThrows(WxErrorException.class, call);
        assertEquals(errcode, refusal.getError().getErrorCode(), refusal.getError().getJson());
    }
}
