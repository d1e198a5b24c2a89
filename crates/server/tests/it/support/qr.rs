//! Reads QR codes from pictures, as a phone does. The library that reads the codes is not the one that draws them.

/// The text of the only QR code in this PNG.
#[track_caller]
pub fn read_qr(file: &[u8]) -> String {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    let (width, height, samples) = (info.width as usize, info.height as usize, info.color_type.samples());
    let grey = |x: usize, y: usize| pixels[(y * width + x) * samples];
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let codes = picture.detect_grids();
    let [code] = codes.as_slice() else { panic!("{} QR codes in the picture", codes.len()) };
    code.decode().expect("a QR code that can be read").1
}
