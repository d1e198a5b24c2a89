package kaquan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.bean.card.membercard.WxMpMemberCardActivatedMessage;
import me.chanjar.weixin.mp.bean.card.membercard.WxMpMemberCardUpdateMessage;
import me.chanjar.weixin.mp.bean.card.membercard.WxMpMemberCardUpdateResult;
import me.chanjar.weixin.mp.bean.card.membercard.WxMpMemberCardUserInfoResult;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Members: activate, userinfo/get and updateuser. The library sends balances with a fraction. */
@DisplayName("members")
class MemberTest {
    private static Merchant.Held member() throws WxErrorException {
        Merchant.Held held = Merchant.heldMemberCard();
        WxMpMemberCardActivatedMessage message = new WxMpMemberCardActivatedMessage();
        message.setMembershipNumber("J0001");
        message.setCode(held.code());
        message.setCardId(held.cardId());
        message.setInitBonus(100);
        message.setInitBonusRecord("入会");
        message.setInitBalance(0.0);
        Merchant.MEMBERS.activateMemberCard(message);
        return held;
    }

    @Test
    void a_member_is_known_by_number_and_points() throws WxErrorException {
        Merchant.Held held = member();
        WxMpMemberCardUserInfoResult member = Merchant.MEMBERS.getUserInfo(held.cardId(), held.code());
        assertEquals(held.openid(), member.getOpenId());
        assertEquals("J0001", member.getMembershipNumber());
        assertEquals(100, member.getBonus());
        assertTrue(member.getHasActive());
        assertNotNull(member.getUserInfo());
    }

    @Test
    void points_and_balance_are_added_and_points_below_zero_are_45022() throws WxErrorException {
        Merchant.Held held = member();
        WxMpMemberCardUpdateMessage message = new WxMpMemberCardUpdateMessage();
        message.setCode(held.code());
        message.setCardId(held.cardId());
        message.setAddBonus(30);
        message.setAddBalance(200.0);
        message.setRecordBonus("消费三十元");
        WxMpMemberCardUpdateResult totals = Merchant.MEMBERS.updateUserMemberCard(message);
        assertEquals(130, totals.getResultBonus());
        assertEquals(200.0, totals.getResultBalance());
        assertEquals(held.openid(), totals.getOpenId());
        message.setAddBonus(-131);
        Merchant.refused(45022, () -> Merchant.MEMBERS.updateUserMemberCard(message));
    }

    @Test
    void a_code_nobody_claimed_cannot_be_activated() {
        WxMpMemberCardActivatedMessage message = new WxMpMemberCardActivatedMessage();
        message.setMembershipNumber("J0002");
        message.setCode("000000000000");
        Merchant.refused(40056, () -> Merchant.MEMBERS.activateMemberCard(message));
    }
}
