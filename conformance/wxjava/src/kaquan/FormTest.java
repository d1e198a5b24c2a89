package kaquan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.bean.card.enums.CardWechatFieldType;
import me.chanjar.weixin.mp.bean.card.membercard.ActivatePluginParam;
import me.chanjar.weixin.mp.bean.card.membercard.MemberCard;
import me.chanjar.weixin.mp.bean.card.membercard.MemberCardActivateUserFormRequest;
import me.chanjar.weixin.mp.bean.card.membercard.MemberCardUserForm;
import me.chanjar.weixin.mp.bean.card.membercard.MemberCardUserInfo;
import me.chanjar.weixin.mp.bean.card.membercard.WxMpMemberCardCreateMessage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The form by which holders become members. The library builds it out of classes of its own, and takes the link to it
 * apart into parameters for mini programs.
 */
@DisplayName("forms")
class FormTest {
    private static final JsonObject ANSWERS = JsonParser.parseString("""
            {"common_field_list": [{"name": "USER_FORM_INFO_FLAG_MOBILE", "value": "13800000000"}],
             "custom_field_list": [{"name": "爱吃的面包", "value": "法棍"}]}""").getAsJsonObject();

    /** A member card that is activated by the form; with an address, the holder goes on there. */
    private static String byForm(String after) throws WxErrorException {
        WxMpMemberCardCreateMessage message = Cards.memberCard();
        MemberCard card = message.getCardCreateRequest().getMemberCard();
        card.setActivateUrl(null);
        card.setWxActivate(true);
        card.setWxActivateAfterSubmit(after != null);
        card.setWxActivateAfterSubmitUrl(after);
        String cardId = Merchant.reviewed(Merchant.MEMBERS.createMemberCard(message).getCardId());
        MemberCardUserForm required = new MemberCardUserForm();
        required.addWechatField(CardWechatFieldType.USER_FORM_INFO_FLAG_MOBILE);
        MemberCardUserForm optional = new MemberCardUserForm();
        optional.setCanModify(true);
        optional.addCustomField("爱吃的面包");
        MemberCardActivateUserFormRequest form = new MemberCardActivateUserFormRequest();
        form.setCardId(cardId);
        form.setServiceStatement("会员守则", "https://example.com/rules");
        form.setRequiredForm(required);
        form.setOptionalForm(optional);
        Merchant.MEMBERS.setActivateUserForm(form);
        return cardId;
    }

    private static void answered(MemberCardUserInfo info) {
        assertEquals("USER_FORM_INFO_FLAG_MOBILE", info.getCommonFieldList()[0].getName());
        assertTrue(Arrays.stream(info.getCustomFieldList())
                .anyMatch(answer -> answer.getName().equals("爱吃的面包") && answer.getValue().equals("法棍")));
    }

    @Test
    void who_fills_in_the_form_is_a_member() throws WxErrorException {
        String cardId = byForm(null);
        String code = Server.fillIn(Cards.newOpenid(), cardId, ANSWERS).get("code").getAsString();
        answered(Merchant.MEMBERS.getUserInfo(cardId, code).getUserInfo());
    }

    @Test
    void the_answers_are_there_before_the_activation() throws WxErrorException {
        JsonObject reply = Server.fillIn(Cards.newOpenid(), byForm("https://example.com/welcome"), ANSWERS);
        String ticket = reply.get("url").getAsString().replaceAll(".*activate_ticket=([^&#]*).*", "$1");
        String plain = URLDecoder.decode(ticket, StandardCharsets.UTF_8);
        answered(Merchant.MEMBERS.getActivateTempInfo(plain).getUserInfo());
        Merchant.refused(72011, () -> Merchant.MEMBERS.getActivateTempInfo("none"));
    }

    @Test
    void the_link_to_the_form_can_be_taken_apart() throws WxErrorException {
        ActivatePluginParam link = Merchant.MEMBERS.getActivatePluginParam(byForm(null), "window");
        assertEquals("window", link.getOuterStr());
        assertTrue(link.getEncryptCardId().length() > 20, link.getEncryptCardId());
        assertTrue(link.getBiz().endsWith("=="), link.getBiz());
    }
}
