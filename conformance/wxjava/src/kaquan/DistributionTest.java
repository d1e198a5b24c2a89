package kaquan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.util.Set;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.bean.card.WxMpCardQrcodeCreateResult;
import me.chanjar.weixin.mp.bean.card.membercard.MemberCardActivateUserFormRequest;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Handing cards out: QR codes and their pictures. Also the calls of the card API that no other test here makes. */
@DisplayName("distribution")
class DistributionTest {
    /** What makes the library fetch a new token, or wait and repeat the call. */
    private static final Set<Integer> REPEATED = Set.of(-1, 40001, 40014, 42001);

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
    void other_calls_are_answered_or_refused_in_a_way_nobody_repeats_on() throws Throwable {
        String cardId = Merchant.create(Cards.cash());
        MemberCardActivateUserFormRequest form = new MemberCardActivateUserFormRequest();
        form.setCardId(cardId);
        Executable[] calls = {
            () -> Merchant.MEMBERS.setActivateUserForm(form),
            () -> Merchant.MEMBERS.getActivatePluginUrl(cardId, "window"),
            () -> Merchant.MEMBERS.getActivateTempInfo("none"),
        };
        for (Executable call : calls) {
            try {
                call.execute();
            } catch (WxErrorException refusal) {
                assertTrue(!REPEATED.contains(refusal.getError().getErrorCode()), refusal.getMessage());
            }
        }
    }
}
