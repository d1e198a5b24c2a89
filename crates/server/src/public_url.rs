//! The public URL of the server, from the settings. Links, pictures and QR codes begin with it.

use axum::http::Uri;
use std::str::FromStr;

/// `http://` or `https://`, a host, and an optional port. Nothing follows, not even a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<PublicUrl, String> {
        let wrong =
            |why: &str| Err(format!("{text:?} {why}; it has to look like https://cards.example.com:8443"));
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return wrong("begins with neither http:// nor https://");
        }
        let url = text.trim_end_matches('/');
        let Ok(uri) = url.parse::<Uri>() else { return wrong("is no address") };
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if authority.contains('@') {
            return wrong("has a user in it");
        }
        // The parser ignores a port that is not valid.
        let host = uri.host().unwrap_or_default();
        if host.is_empty() || (authority != host && uri.port_u16().is_none()) {
            return wrong("has no host, or a port that cannot be one");
        }
        // The parser drops fragments.
        if uri.path() != "/" || uri.query().is_some() || url.contains(['#', '?']) {
            return wrong("has something after the host");
        }
        Ok(PublicUrl(url.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_a_scheme_a_host_and_an_optional_port() {
        for (text, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://cards.example/", "https://cards.example"),
            ("https://cards.example:8443//", "https://cards.example:8443"),
            ("http://[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(text.parse(), Ok(PublicUrl(expected.to_owned())), "{text}");
        }
        for (text, word) in [
            ("", "http://"),
            ("cards.example", "http://"),
            ("/cards", "http://"),
            ("ftp://cards.example", "http://"),
            ("https://", "host"),
            ("https://cards.example:", "port"),
            ("https://cards.example:99999", "port"),
            ("https://user@cards.example", "user"),
            ("https://cards.example/wx", "after"),
            ("https://cards.example?x=1", "after"),
            ("https://cards.example/?", "after"),
            ("https://cards.example#top", "after"),
            ("https://cards example", "address"),
        ] {
            let error = text.parse::<PublicUrl>().unwrap_err();
            assert!(error.contains(word) && error.contains(text), "{text}: {error}");
        }
    }
}
