//! Limits the memory of a parsed JSON text. A value of two bytes, such as `0,`, needs a hundred bytes after parsing.
//! The values are therefore counted before the parser runs.

/// The largest number of values in a text. The largest call of the API has some thousands.
pub const VALUES_MAX: usize = 20_000;
/// Bytes of a parsed value with its key: as many as an object with one member allocates.
const VALUE_BYTES: usize = 512;

/// An upper limit of the number of values in a JSON text: counts each opening bracket and each comma outside of
/// strings.
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

/// Bytes that this many parsed values need at most, without their strings.
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
