//! `POST /cgi-bin/media/upload`: keeps a file for three days. WeChat manual: "新增临时素材" (temporary media).

use super::{BOUNDARY, MEBIBYTE, content_type, file, form, part, png};
use crate::support::*;
use kaquan_server::{BudgetPermit, Caller};
use std::time::{Duration, Instant};

fn send_to(server: &TestServer, query: &str, form: &[u8]) -> Value {
    let target = format!("/cgi-bin/media/upload?access_token={}{query}", server.token());
    server.send("POST", &target, &[("content-type", &content_type())], form).json()
}

/// A file of this size that begins with these bytes.
fn sized(begin: &[u8], size: usize) -> Vec<u8> {
    let mut file = begin.to_vec();
    file.resize(size, 0);
    file
}

#[test]
fn a_file_gets_an_id_of_64_characters_and_no_errcode() {
    let server = TestServer::start();
    for (media_type, content, key) in [
        ("image", png(3, 2), "media_id"),
        ("image", b"GIF89a".to_vec(), "media_id"),
        ("voice", b"#!AMR\n".to_vec(), "media_id"),
        ("voice", b"ID3\x04".to_vec(), "media_id"),
        ("video", b"\0\0\0\x18ftypisom".to_vec(), "media_id"),
        ("thumb", b"\xff\xd8\xff\xe0".to_vec(), "thumb_media_id"),
    ] {
        let reply = send_to(&server, &format!("&type={media_type}"), &form(&[file(&content)]));
        assert_eq!(shape::keys(&reply), ["type", key, "created_at"], "{reply}");
        assert_eq!((&reply["type"], &reply["created_at"]), (&json!(media_type), &json!(server.now())));
        let id = reply[key].as_str().expect("text");
        let is_id = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        assert!(id.len() == 64 && id.chars().all(is_id), "{id}");
    }
}

#[test]
fn the_type_may_stand_in_the_form_on_either_side_of_the_file() {
    let server = TestServer::start();
    let field = part("Content-Disposition: form-data; name=\"type\"", b"image");
    let picture = file(b"GIF89a");
    for parts in [[field.clone(), picture.clone()], [picture.clone(), field.clone()]] {
        assert_eq!(send_to(&server, "", &form(&parts))["type"], "image");
    }
    assert_eq!(send_to(&server, "&type=voice", &form(&[field, picture]))["errcode"], 40005, "the query wins");
}

#[test]
fn each_type_has_its_limit() {
    let server = TestServer::start();
    for (media_type, begin, max) in [
        ("image", &b"GIF89a"[..], 10 * MEBIBYTE),
        ("voice", b"#!AMR\n", 2 * MEBIBYTE),
        ("video", b"\0\0\0\x18ftyp", 10 * MEBIBYTE),
        ("thumb", b"\xff\xd8\xff", 64 * 1024),
    ] {
        let query = format!("&type={media_type}");
        let largest = send_to(&server, &query, &form(&[file(&sized(begin, max))]));
        assert_eq!(largest["type"], media_type, "{largest}");
        let more = send_to(&server, &query, &form(&[file(&sized(begin, max + 1))]));
        assert_eq!(more["errcode"], 40006, "{media_type}: {more}");
    }
    let huge = form(&[file(&sized(b"GIF89a", 10 * MEBIBYTE + 128 * 1024))]);
    assert_eq!(send_to(&server, "&type=image", &huge)["errcode"], ErrCode::InvalidMediaSize.number());
}

#[test]
fn every_refusal_has_its_errcode_in_the_documented_order() {
    let server = TestServer::start();
    let text = part("Content-Disposition: form-data; name=\"a\"", b"b");
    for (query, parts, errcode) in [
        ("", vec![], ErrCode::InvalidMediaType),
        ("&type=news", vec![file(b"")], ErrCode::InvalidMediaType),
        ("&type=image", vec![text], ErrCode::MediaMissing),
        ("&type=image", vec![file(b"")], ErrCode::InvalidMediaSize),
        ("&type=image", vec![file(b"#!AMR\n")], ErrCode::InvalidFileType),
        ("&type=thumb", vec![file(b"GIF89a")], ErrCode::InvalidFileType),
        ("&type=video", vec![file(b"RIFF")], ErrCode::InvalidFileType),
    ] {
        let reply = send_to(&server, query, &form(&parts));
        answer::tail(&reply);
        assert_eq!(reply["errcode"], errcode.number(), "{query}: {reply}");
    }
    let target = format!("/cgi-bin/media/upload?type=image&access_token={}", server.token());
    assert_eq!(server.send("POST", &target, &[], b"{}").json()["errcode"], 41005, "no form");
    let cut = &form(&[file(b"GIF89a")])[..BOUNDARY.len() + 40];
    assert_eq!(send_to(&server, "&type=image", cut)["errcode"], 41005, "a form that ends early");
}

/// Bytes that one app may use of the budget for uploads of temporary media.
const OF_MEDIA: usize = 16 * MEBIBYTE;

#[test]
fn uploads_in_flight_leave_room_for_the_bodies_of_calls() {
    let server = TestServer::start();
    let time = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut held = BudgetPermit::new(&server.inner().bodies, Caller::Media(server.app.id));
    time.block_on(held.take(OF_MEDIA)).expect("all of it");
    assert_eq!(send_to(&server, "&type=image", &form(&[file(b"GIF89a")]))["errcode"], -1);
    server.create(card("GROUPON"));
    drop(held);
    assert_eq!(send_to(&server, "&type=image", &form(&[file(b"GIF89a")]))["type"], "image");
}

#[test]
fn cleanup_drops_a_file_after_three_days() {
    let mut server = TestServer::start();
    let id = server.paper();
    let is_kept = |server: &TestServer| {
        server.inner().store.temporary_media(server.app.id, &id, NOON).expect("a store").is_some()
    };
    server.clock.advance(3 * 86_400);
    assert!(is_kept(&server), "the row is there until cleanup");
    // Cleanup runs when a server starts, and then every ten minutes.
    server.restart();
    let deadline = Instant::now() + Duration::from_secs(30);
    while is_kept(&server) {
        assert!(Instant::now() < deadline, "cleanup did not drop the file");
        std::thread::yield_now();
    }
}
