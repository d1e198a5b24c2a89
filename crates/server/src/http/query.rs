//! The query of a call: its parameters with their limits, and the value of one of them.

use super::form_token::Fields;
use axum::http::Uri;
use kaquan_core::error::{ErrCode, Error, Result};

/// The largest number of parameters in a query.
const QUERY_PAIRS_MAX: usize = 64;

/// The parameters of a query.
///
/// # Errors
///
/// 40035 if it has too many.
pub fn parse_query(uri: &Uri) -> Result<Fields> {
    let pairs = uri.query().unwrap_or_default().bytes().filter(|byte| *byte == b'&').count() + 1;
    if pairs > QUERY_PAIRS_MAX {
        return Err(Error::field(
            ErrCode::InvalidArgsSize,
            "query",
            format!("more than {QUERY_PAIRS_MAX} pairs"),
        ));
    }
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
    let mut pairs = pairs.map(|pairs| pairs.0).unwrap_or_default();
    // No valid name or value contains NUL, and not every store can search for it.
    pairs.retain(|(key, value)| !key.contains('\0') && !value.contains('\0'));
    Ok(pairs)
}

/// The first value of this parameter that is not empty.
pub fn query_value<'a>(query: &'a [(String, String)], key: &str) -> Option<&'a str> {
    query.iter().find(|(name, value)| name == key && !value.is_empty()).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_too_many_pairs_is_refused() {
        let query = |pairs: usize| format!("/?{}a=", "a=&".repeat(pairs - 1)).parse::<Uri>().unwrap();
        assert_eq!(parse_query(&query(QUERY_PAIRS_MAX)).unwrap().len(), QUERY_PAIRS_MAX);
        let refused = parse_query(&query(QUERY_PAIRS_MAX + 1)).unwrap_err();
        assert_eq!(refused.code, ErrCode::InvalidArgsSize);
    }

    #[test]
    fn the_query_is_read_with_escapes_and_unknown_names() {
        let query = parse_query(&Uri::from_static("/?type=wx_card&x=%E5%8D%A1&access_token=a%2Bb")).unwrap();
        assert_eq!(query_value(&query, "access_token"), Some("a+b"));
        assert_eq!(query_value(&query, "x"), Some("卡"));
        assert_eq!(query_value(&query, "y"), None);
        let query = parse_query(&Uri::from_static("/?type=&type=wx_card&x=")).unwrap();
        assert_eq!((query_value(&query, "type"), query_value(&query, "x")), (Some("wx_card"), None));
        assert!(parse_query(&Uri::from_static("/?appid=a%00")).unwrap().is_empty());
    }
}
