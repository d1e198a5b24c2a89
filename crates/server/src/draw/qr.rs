//! QR codes: as PNG for `showqrcode`, and as SVG in pages.

use kaquan_core::error::{Error, Result};
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// The size of a module in the PNG, in pixels.
const SCALE: usize = 8;
/// White modules around the code; the standard requires them.
const QUIET: usize = 4;

fn failed(what: &str) -> Error {
    Error::internal(format!("the QR code could not be drawn: {what}"))
}

fn code(text: &str) -> Result<QrCode> {
    QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error| failed(&error.to_string()))
}

/// A QR code of this text as PNG, black on white.
pub fn png(text: &str) -> Result<Vec<u8>> {
    let code = code(text)?;
    let (modules, colors) = (code.width(), code.to_colors());
    let side = (modules + 2 * QUIET) * SCALE;
    let mut pixels = vec![255_u8; side * side];
    for (at, _) in colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let (left, top) = ((at % modules + QUIET) * SCALE, (at / modules + QUIET) * SCALE);
        for row in top..top + SCALE {
            pixels[row * side + left..][..SCALE].fill(0);
        }
    }
    let mut picture = Vec::new();
    let side = u32::try_from(side).map_err(|_| failed("too large"))?;
    let mut encoder = png::Encoder::new(&mut picture, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|error| failed(&error.to_string()))?;
    writer.write_image_data(&pixels).map_err(|error| failed(&error.to_string()))?;
    writer.finish().map_err(|error| failed(&error.to_string()))?;
    Ok(picture)
}

/// A QR code as inline SVG. `label` is the text for screen readers.
pub fn svg(text: &str, label: &str) -> Result<String> {
    let code = code(text)?;
    let (modules, colors) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (at, _) in colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        // Writing to a string cannot fail.
        let _ = write!(path, "M{} {}h1v1h-1z", at % modules + QUIET, at / modules + QUIET);
    }
    Ok(frame(modules + 2 * QUIET, modules + 2 * QUIET, label, &path))
}

/// Black on white in light and dark mode, because scanners need it.
pub(super) fn frame(width: usize, height: usize, label: &str, path: &str) -> String {
    let label = label.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" \
         shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"{label}\">\
         <path fill=\"#fff\" d=\"M0 0h{width}v{height}h-{width}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_a_png_of_the_right_size() {
        let picture = png("http://127.0.0.1:8080/w/q/abc").unwrap();
        assert_eq!(&picture[..8], b"\x89PNG\r\n\x1a\n");
        let width = u32::from_be_bytes(picture[16..20].try_into().unwrap());
        assert_eq!(width % 8, 0);
    }

    #[test]
    fn a_reader_reads_the_drawn_code() {
        let text = "751234212312";
        let drawn = svg(text, "a <code> & \"more\"").unwrap();
        assert!(drawn.contains("aria-label=\"a &lt;code> &amp; &quot;more&quot;\""));
        let side: usize =
            drawn.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let path = drawn.split("fill=\"#000\" d=\"M").nth(1).unwrap().split('"').next().unwrap();
        let dark: std::collections::HashSet<(usize, usize)> = path
            .split('M')
            .map(|module| {
                let (x, rest) = module.split_once(' ').unwrap();
                (x.parse().unwrap(), rest.split_once('h').unwrap().0.parse().unwrap())
            })
            .collect();
        let scale = 4;
        let grey = |x: usize, y: usize| if dark.contains(&(x / scale, y / scale)) { 0 } else { 255 };
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side * scale, side * scale, grey);
        assert_eq!(picture.detect_grids()[0].decode().unwrap().1, text);
    }
}
