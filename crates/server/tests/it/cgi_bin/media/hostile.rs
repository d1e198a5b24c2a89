//! Files that attack the server: pictures that would fill the memory, damaged pictures, and pictures that contain
//! other data.

use super::*;

#[test]
fn a_tiny_file_with_huge_dimensions_is_refused_before_it_takes_memory() {
    let server = TestServer::start();
    let header = |width: u32, height: u32| {
        let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
        header.extend_from_slice(&[16, 6, 0, 0, 0]);
        let signature = b"\x89PNG\r\n\x1a\n".to_vec();
        [signature, chunk(b"IHDR", &header), chunk(b"IDAT", b"x"), chunk(b"IEND", b"")].concat()
    };
    for (width, height) in [(100_000, 100_000), (2_147_483_647, 1), (4_097, 1), (1, 4_097), (4_096, 4_096)] {
        assert_eq!(refused(&server, &header(width, height)), 40009, "{width}×{height}");
    }
    let mut jpeg = jpeg(8, 8);
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).expect("a frame");
    for (width, height) in [(65_535_u16, 65_535_u16), (4_097, 8), (4_096, 4_096)] {
        jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        assert_eq!(refused(&server, &jpeg), 40009, "{width}×{height}");
    }
}

#[test]
fn a_picture_as_large_as_may_be_is_taken() {
    let server = TestServer::start();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 4_096, 3_072);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![0xaa; 4_096 * 3_072 / 8]).unwrap();
    writer.finish().unwrap();
    upload(&server, &file);
}

#[test]
fn a_picture_that_ends_early_is_refused() {
    let server = TestServer::start();
    for (name, whole) in [("png", png(40, 40)), ("jpeg", jpeg(40, 40))] {
        for part in [20, 40, 60, 80, 95] {
            let cut = &whole[..whole.len() * part / 100];
            assert_eq!(refused(&server, cut), 40160, "{part} % of a {name}");
        }
        assert_eq!(refused(&server, &whole[..16]), 40160, "{name}");
    }
}

#[test]
fn a_damaged_picture_does_not_stop_later_uploads() {
    let server = TestServer::start();
    for whole in [png(24, 24), jpeg(24, 24)] {
        for at in (8..whole.len()).step_by(5) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            let reply = send(&server, &form(&[file(&damaged)]));
            if reply.get("url").is_none() {
                let errcode = errcode(&reply);
                assert!([40005, 40009, 40137, 40160].contains(&errcode), "byte {at}: {reply}");
            }
        }
    }
    upload(&server, &png(8, 8));
}

#[test]
fn a_picture_that_decodes_and_makes_no_sense_is_40160() {
    let server = TestServer::start();
    let signature = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut row = Vec::new();
    let mut plain = png::Encoder::new(&mut row, 1, 1);
    plain.set_color(png::ColorType::Grayscale);
    let mut writer = plain.write_header().unwrap();
    writer.write_image_data(&[1]).unwrap();
    writer.finish().unwrap();
    let at = row.windows(4).position(|name| name == b"IDAT").expect("pixels") - 4;
    let length = usize::try_from(u32::from_be_bytes(row[at..at + 4].try_into().unwrap())).unwrap();
    let pixels = chunk(b"IDAT", &row[at + 8..at + 8 + length]);
    for (case, depth, color, more) in [
        ("a palette that is missing", 8, 3, vec![]),
        ("a palette that is empty", 8, 3, vec![chunk(b"PLTE", b"")]),
        ("a palette of half a colour", 8, 3, vec![chunk(b"PLTE", b"ab")]),
        ("a transparency without a palette", 8, 3, vec![chunk(b"tRNS", b"abc")]),
        ("a colour there is not", 8, 5, vec![]),
        ("a depth there is not", 3, 0, vec![]),
    ] {
        let header = [&1_u32.to_be_bytes()[..], &1_u32.to_be_bytes(), &[depth, color, 0, 0, 0]].concat();
        let parts = [
            vec![signature.clone(), chunk(b"IHDR", &header)],
            more,
            vec![pixels.clone(), chunk(b"IEND", b"")],
        ];
        assert_eq!(refused(&server, &parts.concat().concat()), 40160, "{case}");
    }
    for (width, height) in [(0_u32, 1_u32), (1, 0), (0, 0)] {
        let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
        let parts = [signature.clone(), chunk(b"IHDR", &header), pixels.clone(), chunk(b"IEND", b"")];
        assert_eq!(refused(&server, &parts.concat()), 40160, "{width}×{height}");
    }
}

#[test]
fn a_polyglot_file_is_only_a_picture_afterwards() {
    let server = TestServer::start();
    let script = b"<script>alert(document.domain)</script><?php system($_GET[0]); ?>";
    let archive = b"PK\x03\x04 and all the rest of an archive";
    let text = chunk(b"tEXt", &[b"Comment\0".as_slice(), script].concat());
    let unknown = chunk(b"kaQn", script);
    let note = [b"II*\0\x08\0\0\0\0\0\0\0\0\0".as_slice(), script].concat();
    let with_comment = |mut jpeg: Vec<u8>| {
        let length = u16::try_from(script.len() + 2).unwrap().to_be_bytes();
        jpeg.splice(2..2, [&[0xff, 0xfe], length.as_slice(), script].concat());
        jpeg
    };
    for (case, sent) in [
        ("texts in a PNG", png_with(16, 16, &[text, unknown])),
        ("an archive behind a PNG", [png(16, 16).as_slice(), archive, script].concat()),
        ("a note in a JPEG", jpeg_with(16, 16, Some(&note))),
        ("a comment in a JPEG", with_comment(jpeg(16, 16))),
        ("an archive behind a JPEG", [jpeg(16, 16).as_slice(), archive, script].concat()),
    ] {
        assert!(has(&sent, script), "{case}");
        let shown = show(&server, &upload(&server, &sent)).body;
        assert!(!has(&shown, b"<script>") && !has(&shown, b"PK\x03\x04"), "{case}");
    }
}

#[test]
fn a_photo_that_asks_for_pass_after_pass_is_refused() {
    let server = TestServer::start();
    let mut sent = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut sent, 90);
    encoder.set_progressive_scans(64);
    encoder.encode(&pixels(16, 16, 3), 16, 16, jpeg_encoder::ColorType::Rgb).unwrap();
    assert!(sent.windows(2).filter(|marker| *marker == [0xff, 0xda]).count() > 64);
    assert_eq!(refused(&server, &sent), 40160);
    let mut usual = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut usual, 90);
    encoder.set_progressive(true);
    encoder.encode(&pixels(16, 16, 3), 16, 16, jpeg_encoder::ColorType::Rgb).unwrap();
    upload(&server, &usual);
}

#[test]
fn many_parts_and_headers_without_end_are_read_or_refused() {
    let server = TestServer::start();
    let text = part("Content-Disposition: form-data; name=\"a\"", b"");
    let after = |parts: usize| form(&[text.repeat(parts), file(&png(8, 8))]);
    assert!(send(&server, &after(63))["url"].is_string());
    assert_eq!(errcode(&send(&server, &after(64))), 41005);
    assert_eq!(errcode(&send(&server, &after(5_000))), 41005);
    let long = part(&format!("Content-Disposition: form-data; name=\"{}\"", "a".repeat(900_000)), b"x");
    assert_eq!(errcode(&send(&server, &form(&[long]))), 41005);
}
