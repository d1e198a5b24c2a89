package kaquan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import me.chanjar.weixin.common.api.WxConsts;
import me.chanjar.weixin.common.bean.result.WxMediaUploadResult;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.bean.card.membercard.WxMpMemberCardActivatedMessage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Announcements to members and links for text messages, by the library's raw calls; temporary media by its methods. */
@DisplayName("announcements and media")
class AnnouncementTest {
    private static final byte[] PICTURE = "GIF89a\1\0\1\0\0\0\0;".getBytes(StandardCharsets.ISO_8859_1);

    private static JsonObject post(String path, JsonObject body) throws WxErrorException {
        return JsonParser.parseString(Merchant.SERVICE.post(Server.URL + path, body.toString())).getAsJsonObject();
    }

    private static JsonObject announcement() throws WxErrorException {
        Merchant.Held held = Merchant.heldMemberCard();
        WxMpMemberCardActivatedMessage message = new WxMpMemberCardActivatedMessage();
        message.setMembershipNumber("J0009");
        message.setCode(held.code());
        message.setCardId(held.cardId());
        Merchant.MEMBERS.activateMemberCard(message);
        JsonObject body = new JsonObject();
        body.addProperty("card_id", held.cardId());
        body.addProperty("code", held.code());
        body.addProperty("end_time", Instant.now().getEpochSecond() + 3600);
        body.addProperty("text", "店庆双倍积分");
        return body;
    }

    @Test
    void a_member_gets_four_announcements_a_month() throws WxErrorException {
        JsonObject body = announcement();
        for (int n = 0; n < 4; n++) {
            assertTrue(post("/card/announcement/send", body).get("create_time").getAsLong() > 0);
        }
        Merchant.refused(45009, () -> post("/card/announcement/send", body));
    }

    @Test
    void an_announcement_is_ended_once() throws WxErrorException {
        JsonObject body = announcement();
        body.add("create_time", post("/card/announcement/send", body).get("create_time"));
        body.addProperty("close", true);
        assertEquals(0, post("/card/announcement/update", body).get("errcode").getAsInt());
        Merchant.refused(40097, () -> post("/card/announcement/update", body));
    }

    @Test
    void a_member_card_has_a_short_link() throws WxErrorException {
        JsonObject body = new JsonObject();
        body.addProperty("card_id", Merchant.heldMemberCard().cardId());
        assertTrue(post("/card/sms/geturl", body).get("url").getAsString().contains("/w/s/"));
    }

    @Test
    void a_picture_comes_back_as_it_was_sent() throws WxErrorException, IOException {
        WxMediaUploadResult sent = Merchant.SERVICE
                .getMaterialService()
                .mediaUpload(WxConsts.MediaFileType.IMAGE, "gif", new ByteArrayInputStream(PICTURE));
        assertEquals("image", sent.getType());
        File got = Merchant.SERVICE.getMaterialService().mediaDownload(sent.getMediaId());
        assertArrayEquals(PICTURE, Files.readAllBytes(got.toPath()));
        Merchant.refused(40007, () -> Merchant.SERVICE.getMaterialService().mediaDownload("unknown"));
    }
}
