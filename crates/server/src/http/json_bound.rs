//! Bounds the memory a JSON text takes once it is parsed. A value of two bytes, such as `0,`, becomes a hundred; the values
//! are therefore counted before the parser runs.

/// Values a text may have. The largest call of the API has some thousands.
pub const VALUES_MAX: usize = 20_000;
/// Bytes a parsed value takes, with its key: what an object of one member allocates.
const VALUE_BYTES: usize = 512;

/// An upper bound of the values in a JSON text: one for each bracket that opens and each comma outside of texts.
pub fn values(text: &str) -> usize {
    let (mut count, mut in_text, mut escaped) = (1, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' | b',' if !in_text => count += 1,
            _ => {}
        }
    }
    count
}

/// Bytes so many parsed values take at most, without their texts.
pub fn memory(values: usize) -> usize {
    values * VALUE_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_and_no_text_is() {
        for (text, expected) in [
            ("0", 1),
            (r#"{"a":1}"#, 2),
            ("[0,0,0]", 4),
            (r#"{"a,[{":"x\",\\","b":[[],{}]}"#, 7),
            (r#"{"a":"\\","b":1}"#, 3),
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
    }
}
