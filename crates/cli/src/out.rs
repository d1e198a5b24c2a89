//! The only module that prints. Control characters are printed in the form `\u001b`, because texts of holders and
//! merchants could otherwise control the terminal. This form is valid in JSON too.

#![expect(clippy::print_stderr, reason = "a command line program prints")]

use std::io::{BufWriter, Result, StdoutLock, Write};

/// Prints a line on standard output.
pub fn line(text: &str) {
    self::text(&format!("{text}\n"));
}

/// Prints text on standard output. If the output is closed, a server continues.
pub fn text(text: &str) {
    let mut stdout = Visible::new(std::io::stdout().lock());
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// A writer for long output that is printed piece by piece. The caller must flush it.
pub fn stream() -> Visible<BufWriter<StdoutLock<'static>>> {
    Visible::new(BufWriter::new(std::io::stdout().lock()))
}

/// Prints a line on standard error.
pub fn error(text: &str) {
    let mut visible = Visible::new(Vec::new());
    let _ = visible.write_all(text.as_bytes()).and_then(|()| visible.flush());
    eprintln!("{}", String::from_utf8_lossy(&visible.out));
}

/// Writes UTF-8 and makes control characters visible, except for line feeds and tabs.
pub struct Visible<W> {
    out: W,
    /// Whether the last byte may be the first of a control character with two bytes.
    pending: bool,
}

/// The first byte of U+0080 to U+00BF in UTF-8.
const LEAD: u8 = 0xc2;

impl<W> Visible<W> {
    fn new(out: W) -> Visible<W> {
        Visible { out, pending: false }
    }
}

impl<W: Write> Write for Visible<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let mut plain = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let c1 = self.pending && (0x80..0xa0).contains(byte);
            let c0 = !self.pending && (*byte == 0x7f || (*byte < 0x20 && !matches!(byte, b'\n' | b'\t')));
            if self.pending && !c1 {
                self.out.write_all(&[LEAD])?;
            }
            self.pending = !self.pending && *byte == LEAD;
            if self.pending || c0 || c1 {
                self.out.write_all(&bytes[plain..at])?;
                plain = at + 1;
            }
            if c0 || c1 {
                write!(self.out, "\\u{byte:04x}")?;
            }
        }
        self.out.write_all(&bytes[plain..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visible(pieces: &[&[u8]]) -> String {
        let mut visible = Visible::new(Vec::new());
        pieces.iter().for_each(|piece| visible.write_all(piece).unwrap());
        String::from_utf8(visible.out).unwrap()
    }

    #[test]
    fn control_characters_are_printed_so_that_they_are_seen() {
        let text = "a\u{1b}[31m\tb\n\u{7f}\u{9b}2J£ 卡券 \r\u{0}Âé";
        let expected = "a\\u001b[31m\tb\n\\u007f\\u009b2J£ 卡券 \\u000d\\u0000Âé";
        assert_eq!(visible(&[text.as_bytes()]), expected);
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(visible(&bytes), expected, "wherever the pieces are cut");
    }
}
