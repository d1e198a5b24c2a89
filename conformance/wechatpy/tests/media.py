"""cgi-bin/media/upload and get, and cgi-bin/qrcode/create for cards: all by the library's own methods."""

import io

from support.case import Case

PICTURE = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"


class Media(Case):
    """Temporary media."""

    about = "media/upload"

    def test_a_picture_comes_back_as_it_was_sent(self):
        sent = self.client.media.upload("image", ("paper.gif", io.BytesIO(PICTURE)))
        self.assertEqual((sent["type"], len(sent["media_id"])), ("image", 64))
        got = self.client.media.download(sent["media_id"])
        self.assertEqual((got.headers["content-type"], got.content), ("image/gif", PICTURE))

    def test_a_file_of_another_type_is_40005_and_an_unknown_id_40007(self):
        with self.refused(40005):
            self.client.media.upload("voice", ("paper.gif", io.BytesIO(PICTURE)))
        with self.refused(40007):
            self.client.media.download("unknown")


class QrCode(Case):
    """QR codes of cards on the path of an account's QR codes."""

    about = "cgi-bin/qrcode/create"

    def test_a_card_has_a_ticket(self):
        card_id = self.claimable()
        card = {"card_id": card_id, "expire_seconds": "1800", "is_unique_code": False, "outer_id": 1}
        reply = self.client.qrcode.create({"action_name": "QR_CARD", "action_info": {"card": card}})
        self.assertEqual(reply["expire_seconds"], 1800)
        self.assertTrue(reply["ticket"] and reply["show_qrcode_url"])

    def test_a_scene_of_a_chat_is_48001(self):
        with self.refused(48001):
            self.client.qrcode.create({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 1}}})
