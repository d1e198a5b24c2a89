//! The palette. Requests contain the name of a colour, and responses contain its value. WeChat manual: "获取卡券颜色列表接口"
//! (colours of cards).

/// A colour of the palette: its name, and its value in `card/get`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    /// Name in requests, such as `Color010`.
    pub name: &'static str,
    /// Value in responses, such as `#63b359`.
    pub value: &'static str,
}

const fn color(name: &'static str, value: &'static str) -> Color {
    Color { name, value }
}

/// The palette in the order of `card/getcolors`.
pub const COLORS: [Color; 14] = [
    color("Color010", "#63b359"),
    color("Color020", "#2c9f67"),
    color("Color030", "#509fc9"),
    color("Color040", "#5885cf"),
    color("Color050", "#9062c0"),
    color("Color060", "#d09a45"),
    color("Color070", "#e4b138"),
    color("Color080", "#ee903c"),
    color("Color081", "#f08500"),
    color("Color082", "#a9d92d"),
    color("Color090", "#dd6549"),
    color("Color100", "#cc463d"),
    color("Color101", "#cf3e36"),
    color("Color102", "#5E6671"),
];

/// The colour of the palette with this name or value.
pub fn find_color(text: &str) -> Option<Color> {
    COLORS.into_iter().find(|color| color.name == text || color.value.eq_ignore_ascii_case(text))
}

/// Whether a card may have this colour: a name of the palette or any `#RRGGBB`.
pub(super) fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#');
    let is_value =
        digits.is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
    is_value || COLORS.iter().any(|color| color.name == text)
}

/// The value of a stored colour. A name of the palette becomes its value; any other text stays the same.
pub fn color_value(stored: &str) -> &str {
    COLORS.iter().find(|color| color.name == stored).map_or(stored, |color| color.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_found_by_name_and_by_value() {
        assert_eq!(find_color("Color102").map(|c| c.value), Some("#5E6671"));
        assert_eq!(find_color("#5e6671").map(|c| c.name), Some("Color102"));
        assert_eq!(find_color("Color011"), None);
        assert_eq!(find_color(""), None);
    }

    #[test]
    fn any_value_of_six_digits_is_a_colour_and_stays_as_it_came() {
        for (text, value) in [("Color010", "#63b359"), ("#1D75AC", "#1D75AC"), ("#63B359", "#63B359")] {
            assert!(is_color(text), "{text}");
            assert_eq!(color_value(text), value);
        }
        for text in ["", "#", "#12345", "#1234567", "#12345g", "123456", "Color011", "red"] {
            assert!(!is_color(text), "{text}");
        }
    }
}
