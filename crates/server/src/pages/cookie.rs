//! Cookies: reads them from a request, and writes them into a response.

use axum::http::{HeaderMap, HeaderValue, header};

/// The value of a cookie of this name.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

/// The values of the cookies whose names begin with this prefix.
pub fn with_prefix<'a>(headers: &'a HeaderMap, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(key, _)| key.starts_with(prefix)).map(|(_, value)| value)
}

/// A cookie of a response. Scripts cannot read it, and forms on other sites do not send it.
#[derive(Debug, Clone)]
pub struct Cookie<'a> {
    pub name: &'a str,
    /// The value: only letters, digits and a few signs.
    pub value: &'a str,
    /// The prefix of the paths that get the cookie.
    pub path: &'a str,
    /// Lifetime in seconds; 0 deletes the cookie.
    pub max_age: i64,
    /// Whether the cookie is sent only over HTTPS.
    pub secure: bool,
}

impl Cookie<'_> {
    /// The header that sets the cookie.
    pub fn header(&self) -> HeaderValue {
        let Cookie { name, value, path, max_age, secure } = self;
        let secure = if *secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
        // A value with signs that are not allowed in a header sets no cookie.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; kaquan=x=y; b=2"));
        headers.append(header::COOKIE, HeaderValue::from_static("c=3"));
        assert_eq!(read(&headers, "kaquan"), Some("x=y"));
        assert_eq!(read(&headers, "c"), Some("3"));
        assert_eq!(read(&headers, "kaq"), None);
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_and_other_sites() {
        let cookie = Cookie { name: "a", value: "b", path: "/console", max_age: 60, secure: true };
        assert_eq!(cookie.header(), "a=b; Path=/console; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
    }
}
