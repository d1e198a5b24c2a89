//! `/cgi-bin/media`: uploads. This file has the pictures that the tests send, and the forms that contain them.

mod get;
mod hostile;
mod shown;
mod upload;
mod uploadimg;

use crate::support::http::Response;
use crate::support::*;

const PATH: &str = "/cgi-bin/media/uploadimg";
const BOUNDARY: &str = "----kaquan7d33a816d302b6";
const MEBIBYTE: usize = 1024 * 1024;

/// One part of a form: its headers without the empty line, and its content.
fn part(headers: &str, content: &[u8]) -> Vec<u8> {
    [format!("--{BOUNDARY}\r\n{headers}\r\n\r\n").as_bytes(), content, b"\r\n"].concat()
}

/// A part with a file, as clients write it.
fn file(content: &[u8]) -> Vec<u8> {
    let headers = "Content-Disposition: form-data; name=\"media\"; filename=\"logo.png\"\r\n\
                   Content-Type: application/octet-stream";
    part(headers, content)
}

/// A form of these parts.
fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat()
}

fn content_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

/// Sends a form.
fn send(server: &TestServer, form: &[u8]) -> Value {
    let target = format!("{PATH}?access_token={}", server.token());
    let response = server.send("POST", &target, &[("content-type", &content_type())], form);
    assert_eq!(response.status, 200);
    response.json()
}

/// Uploads a file that is accepted, and returns its URL.
fn upload(server: &TestServer, content: &[u8]) -> String {
    let reply = send(server, &form(&[file(content)]));
    assert_eq!(shape::keys(&reply), ["url"], "{reply}");
    reply["url"].as_str().expect("text").to_owned()
}

/// Uploads a file that is refused, and returns the errcode.
fn refused(server: &TestServer, content: &[u8]) -> i64 {
    errcode(&send(server, &form(&[file(content)])))
}

fn errcode(reply: &Value) -> i64 {
    answer::tail(reply);
    reply["errcode"].as_i64().expect("an errcode")
}

/// The picture at a URL.
fn show(server: &TestServer, url: &str) -> Response {
    let target =
        url.strip_prefix(&format!("http://{}", server.address())).expect("an address of this server");
    server.send("GET", target, &[], b"")
}

/// A PNG in colour, with these chunks inserted after its header.
fn png_with(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels(width, height, 4)).unwrap();
    writer.finish().unwrap();
    // Eight bytes of signature, then the header's chunk: length, name, 13 bytes, checksum.
    file.splice(33..33, chunks.concat());
    file
}

fn png(width: u32, height: u32) -> Vec<u8> {
    png_with(width, height, &[])
}

/// A chunk of a PNG.
fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let checked = [name.as_slice(), content].concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [length.as_slice(), &checked, &crc(&checked).to_be_bytes()].concat()
}

/// The checksum of a PNG's chunks.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// A JPEG in colour, with this Exif data if there is any.
fn jpeg_with(width: u16, height: u16, note: Option<&[u8]>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 95);
    if let Some(note) = note {
        encoder.add_exif_metadata(note).unwrap();
    }
    let pixels = pixels(width.into(), height.into(), 3);
    encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    file
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    jpeg_with(width, height, None)
}

/// Pixels that change slowly: bright on the left, green at the bottom, opaque.
fn pixels(width: u32, height: u32, channels: usize) -> Vec<u8> {
    let level = |at: u32, of: u32| u8::try_from(at * 255 / of.max(2)).unwrap();
    let pixel = |x: u32, y: u32| [255 - level(x, width), level(y, height), 40, 255];
    (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| pixel(x, y)[..channels].to_vec())
        .collect()
}

/// A decoded picture: width, height and its pixels.
fn decode_png(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    pixels.truncate(frame.buffer_size());
    (frame.width, frame.height, pixels)
}

fn decode_jpeg(file: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut decoder = zune_jpeg::JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(file));
    let pixels = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    (width, height, pixels)
}

/// Whether one byte string contains another.
fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
