package kaquan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.bean.card.WxMpCardLandingPageCreateRequest;
import me.chanjar.weixin.mp.bean.card.WxMpCardLandingPageCreateResult;
import me.chanjar.weixin.mp.bean.card.WxMpCardQrcodeCreateResult;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Handing cards out: QR codes and their pictures, landing pages, articles, the white list of testers. */
@DisplayName("distribution")
class DistributionTest {
    @Test
    void a_ticket_leads_to_a_picture() throws WxErrorException {
        String cardId = Merchant.claimable(Cards.cash());
        WxMpCardQrcodeCreateResult code = Merchant.CARDS.createQrcodeCard(cardId, "window", 1800);
        assertEquals(1800, code.getExpireSeconds());
        String picture = Merchant.SERVICE.getQrcodeService().qrCodePictureUrl(code.getTicket());
        assertTrue(picture.startsWith(Server.URL), picture);
        HttpResponse<byte[]> reply = Server.get(picture);
        assertEquals(200, reply.statusCode());
        assertEquals("image/png", reply.headers().firstValue("content-type").orElse(""));
    }

    @Test
    void a_code_for_one_holder_and_one_without_an_end_can_be_had() throws WxErrorException {
        String cardId = Merchant.claimable(Cards.cash());
        WxMpCardQrcodeCreateResult code =
                Merchant.CARDS.createQrcodeCard(cardId, "window", 60, Cards.newOpenid(), null, true);
        assertEquals(60, code.getExpireSeconds());
        assertEquals(365 * 86400, Merchant.CARDS.createQrcodeCard(cardId, "window").getExpireSeconds());
        Merchant.refused(40073, () -> Merchant.CARDS.createQrcodeCard(Cards.unknownCard(), "window"));
    }

    @Test
    void a_page_of_cards_has_an_address() throws WxErrorException {
        WxMpCardLandingPageCreateRequest page = new WxMpCardLandingPageCreateRequest();
        page.setBanner("https://mmbiz.qpic.cn/mmbiz/b/0");
        page.setTitle("早餐");
        page.setCanShare(true);
        page.setScene("SCENE_H5");
        page.addCard(Merchant.claimable(Cards.cash()), "https://mmbiz.qpic.cn/mmbiz/a/0");
        WxMpCardLandingPageCreateResult reply = Merchant.CARDS.createLandingPage(page);
        assertTrue(reply.getUrl().startsWith("http"), reply.getUrl());
        assertNotNull(reply.getPageId());
        page.setScene("SCENE_NOWHERE");
        Merchant.refused(40129, () -> Merchant.CARDS.createLandingPage(page));
    }

    @Test
    void an_article_gets_an_iframe_that_names_the_card() throws WxErrorException {
        String cardId = Merchant.claimable(Cards.cash());
        String html = Merchant.CARDS.cardMpnewsGethtml(cardId).getContent();
        assertTrue(html.contains("<iframe") && html.contains(cardId), html);
        Merchant.refused(40073, () -> Merchant.CARDS.cardMpnewsGethtml(Cards.unknownCard()));
    }

    @Test
    void a_tester_is_named() throws WxErrorException {
        String openid = Cards.newOpenid();
        String reply = Merchant.CARDS.addTestWhiteList(openid);
        assertTrue(reply.contains("\"success_openid\":[\"" + openid + "\"]"), reply);
    }
}
