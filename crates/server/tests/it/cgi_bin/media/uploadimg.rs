//! `POST /cgi-bin/media/uploadimg`: the files and forms that are accepted. Attacks are tested in `hostile`, and the
//! served pictures in `shown`.

use super::*;
use crate::support::http::Client;
use std::io::{Read, Write};
use std::net::TcpStream;

#[test]
fn a_picture_is_answered_with_its_address_and_can_be_a_logo() {
    let server = TestServer::start();
    let url = upload(&server, &png(300, 300));
    assert!(url.starts_with(&format!("http://{}/media/{}/", server.address(), server.app.appid)), "{url}");
    assert!(url.ends_with(".png") && url.len() <= 128, "{url}");
    let card = server.create(card_with("GROUPON", json!({"logo_url": url})));
    assert_eq!(server.base_info(&card)["logo_url"], url);
}

#[test]
fn the_same_picture_has_the_same_address_and_another_has_another() {
    let server = TestServer::start();
    let first = upload(&server, &jpeg(64, 48));
    assert!(first.ends_with(".jpg"));
    assert_eq!(upload(&server, &jpeg(64, 48)), first);
    assert_ne!(upload(&server, &jpeg(48, 64)), first);
    let note = b"II*\0\x08\0\0\0\0\0\0\0\0\0";
    assert_eq!(upload(&server, &jpeg_with(64, 48, Some(note))), first, "the pixels are the same");
}

#[test]
fn the_first_file_counts_whatever_its_part_is_called() {
    let server = TestServer::start();
    let picture = png(20, 10);
    let url = upload(&server, &picture);
    for headers in [
        "Content-Disposition: form-data; name=\"buffer\"; filename=\"a.jpg\"",
        "Content-Disposition: form-data; name=\"x\"; filename=\"\"",
        "Content-Disposition: form-data; filename=\"a.png\"",
        "Content-Disposition: form-data; name=\"media\"\r\nContent-Type: image/png",
        "Content-Disposition: form-data\r\nContent-Type: image/png",
        "content-disposition: form-data; name=\"文件\"; filename=\"图片.png\"\r\ncontent-type: text/plain",
        "Content-Type: image/png",
    ] {
        let text = part("Content-Disposition: form-data; name=\"type\"", b"image");
        let reply = send(&server, &form(&[text, part(headers, &picture), file(&jpeg(9, 9))]));
        assert_eq!(reply, json!({"url": url}), "{headers}");
    }
}

#[test]
fn the_name_of_a_file_says_nothing_about_its_format() {
    let server = TestServer::start();
    // `upload` calls every file logo.png.
    assert!(upload(&server, &jpeg(8, 8)).ends_with(".jpg"));
}

#[test]
fn a_body_in_chunks_is_read() {
    let server = TestServer::start();
    let picture = png(20, 10);
    let url = upload(&server, &picture);
    let form = form(&[file(&picture)]);
    let target = format!("{PATH}?access_token={}", server.token());
    let mut request = format!(
        "POST {target} HTTP/1.1\r\nhost: a\r\ncontent-type: {}\r\ntransfer-encoding: chunked\r\n\r\n",
        content_type()
    )
    .into_bytes();
    for piece in form.chunks(7) {
        request.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        request.extend_from_slice(piece);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(server.connect().send_bytes(&request).json(), json!({"url": url}));
}

#[test]
fn without_a_file_the_media_data_is_missing() {
    let server = TestServer::start();
    let picture = file(&png(8, 8));
    let text = part("Content-Disposition: form-data; name=\"media\"", b"logo.png");
    let whole = form(std::slice::from_ref(&picture));
    for (case, body) in [
        ("nothing at all", Vec::new()),
        ("no part", form(&[])),
        ("only text", form(&[text])),
        ("no form", png(8, 8)),
        ("JSON", b"{\"media\":\"logo.png\"}".to_vec()),
        ("cut off in the file", whole[..whole.len() - 60].to_vec()),
    ] {
        assert_eq!(errcode(&send(&server, &body)), 41005, "{case}");
    }
    let target = format!("{PATH}?access_token={}", server.token());
    for content_type in ["multipart/form-data; boundary=other", "multipart/form-data", "application/json", ""]
    {
        let reply = server.send("POST", &target, &[("content-type", content_type)], &whole).json();
        assert_eq!(errcode(&reply), 41005, "{content_type}");
    }
    assert_eq!(errcode(&server.send("POST", &target, &[], &whole).json()), 41005);
}

#[test]
fn a_lossless_jpeg_is_refused() {
    let server = TestServer::start();
    let mut lossless = jpeg(8, 8);
    // The marker of the frame says which kind of JPEG it is.
    let frame = lossless.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a baseline frame");
    lossless[frame + 1] = 0xc3;
    // 40137 if the decoder knows this kind and does not support it; 40160 if the decoder reports a damaged file.
    assert!([40137, 40160].contains(&refused(&server, &lossless)));
}

#[test]
fn another_picture_format_is_40113_and_another_file_40005() {
    let server = TestServer::start();
    for other in
        [&b"GIF89a\x01\0\x01\0\0\0\0;"[..], b"BM\x46\0\0\0", b"RIFF\x24\0\0\0WEBPVP8 ", b"II*\0\x08\0\0\0"]
    {
        assert_eq!(refused(&server, other), 40113, "{other:?}");
    }
    for no_picture in
        [&b"x"[..], b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", b"%PDF-1.7", b"PK\x03\x04", b"\xff\xd8"]
    {
        assert_eq!(refused(&server, no_picture), 40005, "{no_picture:?}");
    }
}

#[test]
fn a_picture_has_one_byte_to_one_megabyte() {
    let server = TestServer::start();
    assert_eq!(refused(&server, b""), 40009);
    let padded = |bytes: usize| {
        let room = bytes - png(8, 8).len() - 12;
        let padded = png_with(8, 8, &[chunk(b"kaQn", &vec![b'x'; room])]);
        assert_eq!(padded.len(), bytes);
        padded
    };
    upload(&server, &padded(MEBIBYTE));
    assert_eq!(refused(&server, &padded(MEBIBYTE + 1)), 40009);
    assert_eq!(refused(&server, &padded(2 * MEBIBYTE)), 45001);
    assert_eq!(refused(&server, &vec![0; 10 * MEBIBYTE]), 45001);
    upload(&server, &png(8, 8));
}

#[test]
fn waiting_uploads_of_one_app_are_bounded_and_do_not_delay_another_app() {
    let server = TestServer::start();
    let other = server.second_app();
    let form = form(&[file(&png(8, 8))]);
    let request = |token: &str| {
        let (content_type, length) = (content_type(), form.len());
        format!(
            "POST {PATH}?access_token={token} HTTP/1.1\r\nhost: a\r\ncontent-type: {content_type}\r\n\
             content-length: {length}\r\n"
        )
    };
    let token = server.token();
    // Uploads without their bodies take every place of the app. The server asks for a body after the upload has a
    // place.
    let mut stalled: Vec<_> = (0..4).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    for stream in &mut stalled {
        let head = request(&token) + "expect: 100-continue\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.read_exact(&mut [0; "HTTP/1.1 100 Continue\r\n\r\n".len()]).unwrap();
    }
    let (whole, address) = ([(request(&token) + "\r\n").as_bytes(), &form].concat(), server.address());
    let send = |whole: &[u8]| Client::connect(address).send_bytes(whole).json();
    std::thread::scope(|scope| {
        let (sender, replies) = std::sync::mpsc::channel();
        for _ in 0..48 {
            let (sender, send, whole) = (sender.clone(), &send, &whole);
            scope.spawn(move || sender.send(send(whole)).unwrap());
        }
        // 32 uploads may wait; the others are refused at once.
        for _ in 32..48 {
            assert_eq!(replies.recv().unwrap()["errcode"], -1);
        }
        let elsewhere = [(request(&server.token_of(&other)) + "\r\n").as_bytes(), &form].concat();
        assert_eq!(shape::keys(&send(&elsewhere)), ["url"]);
        assert!(replies.try_recv().is_err(), "the 32 wait for the app's own places");
        stalled.iter_mut().for_each(|stream| stream.write_all(&form).unwrap());
        for _ in 0..32 {
            assert_eq!(shape::keys(&replies.recv().unwrap()), ["url"]);
        }
    });
}

#[test]
fn media_uploadimg_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let (large, headers) = (vec![b'x'; 2 * MEBIBYTE], [("content-type", "text/plain")]);
    let good = format!("{PATH}?access_token={}", server.token());
    for (method, target, errcode) in [
        ("PUT", PATH, ErrCode::RequirePost),
        ("POST", PATH, ErrCode::AccessTokenMissing),
        ("POST", "/cgi-bin/media/uploadimg?access_token=x", ErrCode::InvalidCredential),
        ("POST", good.as_str(), ErrCode::MediaSizeOutOfLimit),
    ] {
        assert_eq!(
            server.send(method, target, &headers, &large).json()["errcode"],
            errcode.number(),
            "{method} {target}"
        );
    }
    assert_eq!(server.send("POST", &good, &headers, b"GIF89a").json()["errcode"], 41005);
}
