//! Uploaded pictures as they are served: their pixels, in a file made by the server, at a URL that never changes.

use super::*;

#[test]
fn the_picture_that_is_shown_has_the_pixels_that_were_sent() {
    let server = TestServer::start();
    let response = show(&server, &upload(&server, &png(30, 20)));
    assert_eq!((response.status, response.header("content-type")), (200, Some("image/png")));
    assert_eq!(decode_png(&response.body), (30, 20, pixels(30, 20, 4)));

    let response = show(&server, &upload(&server, &jpeg(64, 48)));
    assert_eq!((response.status, response.header("content-type")), (200, Some("image/jpeg")));
    let (width, height, found) = decode_jpeg(&response.body);
    assert_eq!((width, height), (64, 48));
    let furthest = found.iter().zip(pixels(64, 48, 3)).map(|(found, sent)| found.abs_diff(sent)).max();
    assert!(furthest < Some(16), "{furthest:?}");
}

#[test]
fn palettes_transparency_and_small_depths_stay_as_they_are() {
    let server = TestServer::start();
    let mut sent = Vec::new();
    let mut encoder = png::Encoder::new(&mut sent, 5, 2);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Two);
    encoder.set_palette(&[1, 2, 3, 40, 50, 60, 200, 210, 220][..]);
    encoder.set_trns(&[0, 128, 255][..]);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0b00_01_10_00, 0b01_00_00_00, 0b10_10_01_00, 0b00_00_00_00]).unwrap();
    writer.finish().unwrap();
    let shown = show(&server, &upload(&server, &sent)).body;
    assert_eq!(decode_png(&shown), decode_png(&sent));
    let read = |file: &[u8]| {
        let reader = png::Decoder::new(std::io::Cursor::new(file.to_vec())).read_info().unwrap();
        (reader.info().palette.clone(), reader.info().trns.clone(), reader.info().bit_depth)
    };
    assert_eq!(read(&shown), read(&sent));
}

#[test]
fn a_grey_jpeg_stays_grey() {
    let server = TestServer::start();
    let mut sent = Vec::new();
    jpeg_encoder::Encoder::new(&mut sent, 95).encode(&[90; 64], 8, 8, jpeg_encoder::ColorType::Luma).unwrap();
    let shown = show(&server, &upload(&server, &sent)).body;
    let mut decoder = zune_jpeg::JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(&shown[..]));
    decoder.decode_headers().unwrap();
    assert_eq!(decoder.info().unwrap().components, 1);
}

#[test]
fn a_photo_is_turned_as_the_camera_was_held() {
    let server = TestServer::start();
    // Exif data with one field: orientation (tag 0x0112), of type short, with the value 6.
    let note = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let shown = show(&server, &upload(&server, &jpeg_with(64, 32, Some(note)))).body;
    let (width, height, found) = decode_jpeg(&shown);
    assert_eq!((width, height), (32, 64));
    // The bright left side becomes the bright top.
    let red = |x: usize, y: usize| found[(y * width + x) * 3];
    assert!(red(16, 1) > 200 && red(16, 62) < 60, "{} {}", red(16, 1), red(16, 62));
    assert!(!has(&shown, b"Exif"));
}

#[test]
fn an_address_may_be_kept_for_ever_and_asked_for_again() {
    let server = TestServer::start();
    let url = upload(&server, &png(8, 8));
    let response = show(&server, &url);
    assert_eq!(response.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    let tag = response.header("etag").expect("a tag").to_owned();
    let target = url.strip_prefix(&format!("http://{}", server.address())).unwrap();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = server.send("GET", target, &[("if-none-match", &known)], b"");
        assert_eq!((again.status, again.body.len()), (304, 0), "{known}");
        assert_eq!(again.header("etag"), Some(tag.as_str()));
    }
    assert_eq!(server.send("GET", target, &[("if-none-match", "\"other\"")], b"").status, 200);
}

#[test]
fn every_other_address_is_a_404() {
    let server = TestServer::start();
    let url = upload(&server, &png(8, 8));
    let other = server.second_app();
    for wrong in [
        url.replace(".png", ".jpg"),
        url.replace(".png", ""),
        url.replace(&server.app.appid, &other.appid),
        url.replace(&server.app.appid, "wx0000000000000000"),
        url.replace(".png", "0.png"),
        format!("http://{}/media/a", server.address()),
        format!("http://{}/media/../kaquan.db", server.address()),
        format!("http://{}/media/{}/%00.png", server.address(), server.app.appid),
    ] {
        assert_eq!(show(&server, &wrong).status, 404, "{wrong}");
    }
    let digest = url.rsplit('/').next().unwrap();
    assert_eq!(show(&server, &url.replace(digest, &format!("{}.png", "0".repeat(32)))).status, 404);
}

#[test]
fn a_picture_is_there_after_a_restart() {
    let mut server = TestServer::start();
    let url = upload(&server, &png(8, 8));
    let before = show(&server, &url).body;
    let path = url.strip_prefix(&format!("http://{}", server.address())).unwrap().to_owned();
    server.restart();
    let after = server.send("GET", &path, &[], b"");
    assert_eq!((after.status, after.body), (200, before));
}
