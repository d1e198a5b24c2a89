package kaquan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import me.chanjar.weixin.common.bean.WxCardApiSignature;
import me.chanjar.weixin.common.bean.WxJsapiSignature;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.common.util.crypto.SHA1;
import me.chanjar.weixin.mp.api.WxMpService;
import me.chanjar.weixin.mp.config.impl.WxMpDefaultConfigImpl;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Tokens and tickets: when the library gets new ones, and what it signs with them. */
@DisplayName("tokens and tickets")
class TokenTest {
    @Test
    void a_token_the_server_does_not_know_is_replaced_and_the_call_repeated() throws WxErrorException {
        WxMpService service = Merchant.connect(Server.SECRET);
        for (String stale : new String[] {"stale", service.getAccessToken(true) + "x"}) {
            service.getWxMpConfigStorage().updateAccessToken(stale, 7200);
            Merchant.refused(40073, () -> service.getCardService().getCardDetail(Cards.unknownCard()));
            assertNotEquals(stale, service.getAccessToken());
        }
    }

    @Test
    void a_token_that_is_over_is_replaced_before_a_call() throws WxErrorException {
        WxMpService service = Merchant.connect(Server.SECRET);
        String first = service.getAccessToken();
        service.getWxMpConfigStorage().expireAccessToken();
        Merchant.refused(40073, () -> service.getCardService().getCardDetail(Cards.unknownCard()));
        assertNotEquals(first, service.getAccessToken());
    }

    @Test
    void the_stable_token_is_the_same_for_two_programs() throws WxErrorException {
        String[] tokens = new String[2];
        for (int at = 0; at < tokens.length; at++) {
            WxMpService service = Merchant.connect(Server.SECRET);
            ((WxMpDefaultConfigImpl) service.getWxMpConfigStorage()).useStableAccessToken(true);
            tokens[at] = service.getAccessToken();
        }
        assertEquals(tokens[0], tokens[1]);
    }

    @Test
    void a_wrong_secret_is_40125() {
        Merchant.refused(40125, () -> Merchant.connect("not-" + Server.SECRET).getAccessToken());
    }

    @Test
    void a_ticket_stays_the_same_when_it_is_asked_for_again() throws WxErrorException {
        String ticket = Merchant.CARDS.getCardApiTicket();
        assertEquals(ticket, Merchant.CARDS.getCardApiTicket(true));
        assertNotEquals(ticket, Merchant.SERVICE.getJsapiTicket());
    }

    @Test
    void cards_are_signed_with_the_ticket_of_cards() throws WxErrorException {
        String cardId = Cards.unknownCard();
        WxCardApiSignature signed = Merchant.CARDS.createCardApiSignature(cardId);
        String ticket = Merchant.CARDS.getCardApiTicket();
        String again = SHA1.gen(Long.toString(signed.getTimestamp()), signed.getNonceStr(), ticket, cardId);
        assertEquals(again, signed.getSignature());
    }

    @Test
    void the_samples_of_the_manual_are_signed_as_there() {
        String card = SHA1.gen("1434008071", "1404896688", "pjZ8Yt1XGILfi-FUsewpnnolGgZk",
                "ojZ8YtyVyr30HheH3CM73y7h4jJE", "123");
        assertEquals("f137ab68b7f8112d20ee528ab6074564e2796250", card);
        String page = SHA1.genWithAmple(
                "jsapi_ticket=sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg",
                "noncestr=Wm3WZYTPz0wzccnW", "timestamp=1414587457", "url=http://mp.weixin.qq.com?params=value");
        assertEquals("0f9de62fce790f9a083d5c99e95740ceb90c27ed", page);
    }

    @Test
    void pages_are_configured_with_the_ticket_of_pages() throws WxErrorException {
        WxJsapiSignature signed = Merchant.SERVICE.createJsapiSignature("https://example.com/bread");
        String again = SHA1.genWithAmple("jsapi_ticket=" + Merchant.SERVICE.getJsapiTicket(),
                "noncestr=" + signed.getNonceStr(), "timestamp=" + signed.getTimestamp(),
                "url=https://example.com/bread");
        assertEquals(again, signed.getSignature());
    }
}
