//! `GET /cgi-bin/media/get`: returns a temporary file to its app. WeChat manual: "获取临时素材" (get temporary media).

use super::{content_type, file, form, png};
use crate::support::http::Response;
use crate::support::*;

fn upload(server: &TestServer, media_type: &str, content: &[u8]) -> String {
    let target = format!("/cgi-bin/media/upload?type={media_type}&access_token={}", server.token());
    let form = form(&[file(content)]);
    let reply = server.send("POST", &target, &[("content-type", &content_type())], &form).json();
    let id = if media_type == "thumb" { &reply["thumb_media_id"] } else { &reply["media_id"] };
    id.as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
}

fn get(server: &TestServer, token: &str, query: &str) -> Response {
    server.send("GET", &format!("/cgi-bin/media/get?access_token={token}{query}"), &[], b"")
}

#[test]
fn a_file_comes_back_as_it_was_sent() {
    let server = TestServer::start();
    let picture = png(3, 2);
    for (media_type, content, kind, extension) in [
        ("image", &picture[..], "image/png", "png"),
        ("image", b"\xff\xd8\xff\xe0rest", "image/jpeg", "jpg"),
        ("image", b"GIF89a", "image/gif", "gif"),
        ("voice", b"#!AMR\n", "audio/amr", "amr"),
        ("voice", b"ID3\x04", "audio/mpeg", "mp3"),
        ("thumb", b"\xff\xd8\xff\xe0", "image/jpeg", "jpg"),
    ] {
        let id = upload(&server, media_type, content);
        let got = get(&server, &server.token(), &format!("&media_id={id}"));
        assert_eq!((got.status, &got.body[..]), (200, content), "{extension}");
        assert_eq!(got.header("content-type"), Some(kind));
        let disposition = format!("attachment; filename=\"{id}.{extension}\"");
        assert_eq!(got.header("content-disposition"), Some(disposition.as_str()));
        assert_eq!(got.header("content-length"), Some(content.len().to_string().as_str()));
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
    }
}

#[test]
fn a_video_has_an_address_of_its_own_until_it_expires() {
    let server = TestServer::start();
    let content = b"\0\0\0\x18ftypisom-rest";
    let id = upload(&server, "video", content);
    let reply = get(&server, &server.token(), &format!("&media_id={id}")).json();
    assert_eq!(shape::keys(&reply), ["video_url"]);
    let url = reply["video_url"].as_str().expect("an address");
    let path = url.strip_prefix(&format!("http://{}", server.address())).expect("of this server");
    let video = server.send("GET", path, &[], b"");
    assert_eq!((video.status, &video.body[..]), (200, &content[..]));
    assert_eq!(video.header("content-type"), Some("video/mp4"));
    let other = server.second_app();
    let picture = upload(&server, "image", b"GIF89a");
    for wrong in [path.replace(&server.app.appid, &other.appid), path.replace(&id, &picture)] {
        assert_eq!(server.send("GET", &wrong, &[], b"").status, 404, "{wrong}");
    }
    server.clock.advance(3 * 86_400);
    assert_eq!(server.send("GET", path, &[], b"").status, 404);
}

#[test]
fn an_id_is_good_for_three_days_and_for_its_app_only() {
    let server = TestServer::start();
    let query = format!("&media_id={}", server.paper());
    let errcode = |token: &str, query: &str| {
        let got = get(&server, token, query);
        assert_eq!(got.header("content-type"), Some("application/json"), "clients compare it as a whole");
        answer::tail(&got.json());
        got.json()["errcode"].as_i64()
    };
    let other = server.second_app();
    assert_eq!(errcode(&server.token_of(&other), &query), Some(40007));
    assert_eq!(errcode(&server.token(), ""), Some(ErrCode::MediaIdMissing.number().into()));
    assert_eq!(errcode(&server.token(), "&media_id=x"), Some(ErrCode::InvalidMediaId.number().into()));
    server.clock.advance(3 * 86_400 - 1);
    assert_eq!(get(&server, &server.token(), &query).body, b"GIF89a");
    server.clock.advance(1);
    assert_eq!(errcode(&server.token(), &query), Some(40007));
}
