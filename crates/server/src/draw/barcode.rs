//! Bar codes: Code 128 as SVG. Pairs of digits use set C of the standard, in which two digits are one sign. All other
//! characters use set B.

use super::qr::frame;
use barcoders::sym::code128::Code128;
use std::fmt::Write;

/// White modules before and after the bars; the standard requires them.
const QUIET: usize = 10;
/// Height of the picture in modules. Pages stretch it.
const HEIGHT: usize = 60;

/// The text as a bar code; `None` if Code 128 has no signs for it, as for Chinese text.
pub fn svg(text: &str, label: &str) -> Option<String> {
    let bars = bars(text)?;
    let mut path = String::new();
    for (at, _) in bars.iter().enumerate().filter(|(_, bar)| **bar) {
        // Writing to a string cannot fail.
        let _ = write!(path, "M{} 0h1v{HEIGHT}h-1z", at + QUIET);
    }
    Some(frame(bars.len() + 2 * QUIET, HEIGHT, label, &path))
}

/// The modules of the bar code; true means dark.
fn bars(text: &str) -> Option<Vec<bool>> {
    let fits = !text.is_empty() && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    let digits = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_digit());
    let set = if digits { 'Ć' } else { 'Ɓ' };
    let code = Code128::new(format!("{set}{text}")).ok().filter(|_| fits)?;
    Some(code.encode().into_iter().map(|module| module == 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The widths of bars and spaces of the signs 0 to 105, from the standard of Code 128.
    const SIGNS: [&str; 106] = [
        "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
        "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
        "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
        "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
        "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
        "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
        "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
        "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
        "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
        "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
        "114131", "311141", "411131", "211412", "211214", "211232",
    ];

    /// Reads a bar code from the widths of its bars.
    fn read(modules: &[bool]) -> String {
        let mut widths: Vec<(bool, usize)> = Vec::new();
        for module in modules {
            match widths.last_mut() {
                Some((dark, width)) if dark == module => *width += 1,
                _ => widths.push((*module, 1)),
            }
        }
        assert!(widths[0].0, "it begins with a bar");
        let widths: String = widths.iter().map(|(_, width)| width.to_string()).collect();
        let (signs, stop) = widths.split_at(widths.len() - 7);
        assert_eq!(stop, "2331112");
        let signs: Vec<usize> = (0..signs.len() / 6)
            .map(|at| SIGNS.iter().position(|sign| *sign == &signs[at * 6..][..6]).expect("a sign"))
            .collect();
        let (check, signs) = signs.split_last().expect("a check sign");
        let sum: usize = signs.iter().enumerate().map(|(at, sign)| sign * at.max(1)).sum();
        assert_eq!(sum % 103, *check);
        let sign = |sign: &usize| match signs[0] {
            105 => format!("{sign:02}"),
            104 => char::from(u8::try_from(sign + 32).unwrap()).to_string(),
            other => panic!("begins with {other}"),
        };
        signs[1..].iter().map(sign).collect()
    }

    #[test]
    fn a_reader_reads_the_bars() {
        for text in ["751234212312", "75123421231", "ABC-1", "XH00000001", "a b~"] {
            assert_eq!(read(&bars(text).expect("bars")), text);
        }
    }

    #[test]
    fn a_text_without_signs_has_no_bars() {
        for text in ["", "卡券", "a\n"] {
            assert_eq!(svg(text, ""), None, "{text:?}");
        }
        assert!(svg("1234", "l").unwrap().starts_with("<svg"));
    }
}
