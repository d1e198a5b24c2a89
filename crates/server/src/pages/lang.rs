//! The two languages of the pages, and how one is chosen. Each text is written in both languages in the same place,
//! so that no translation can be missing.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    En,
    /// Chinese, in simplified characters.
    Zh,
}

impl Lang {
    /// Both languages, in the order in which pages offer them.
    pub const ALL: [Lang; 2] = [Lang::Zh, Lang::En];

    /// The language tag for `lang` attributes.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh-CN",
        }
    }

    /// The name in cookies and URLs.
    pub const fn name(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }

    /// The name of the language in that language.
    pub const fn own_name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Zh => "中文",
        }
    }

    /// The language with this name.
    pub fn from_name(name: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.name() == name)
    }

    /// Returns the value for this language.
    pub fn pick<T>(self, en: T, zh: T) -> T {
        match self {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// The language that the browser prefers; English if it prefers neither.
    pub fn accepted(headers: &HeaderMap) -> Lang {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let weighed = accepted.split(',').filter_map(|entry| {
            let mut parts = entry.split(';');
            let tag = parts.next()?.trim().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok());
            let lang = match tag.split('-').next()? {
                "zh" => Lang::Zh,
                "en" => Lang::En,
                _ => return None,
            };
            Some((lang, weight.unwrap_or(1.0)))
        });
        // Of languages with equal weight, the first is used.
        let best = weighed.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(Lang::En, |(lang, _)| lang)
    }
}

/// Declares the texts of a page: `/// A description.` `Name { key: "English", "中文"; … }`. Code reads them through
/// `Name::of(lang)`, and templates as members.
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($key:ident: $en:literal, $zh:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[allow(missing_docs, reason = "each text says itself what it is")]
        pub struct $name { $(pub $key: &'static str,)* }

        impl $name {
            /// The texts in a language.
            pub const fn of(lang: $crate::pages::Lang) -> &'static $name {
                const EN: $name = $name { $($key: $en,)* };
                const ZH: $name = $name { $($key: $zh,)* };
                match lang {
                    $crate::pages::Lang::En => &EN,
                    $crate::pages::Lang::Zh => &ZH,
                }
            }
        }
    };
}
pub(crate) use texts;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_a_browser_prefers_is_taken() {
        for (accepted, expected) in [
            ("", Lang::En),
            ("zh-CN,zh;q=0.9,en;q=0.8", Lang::Zh),
            ("en-GB,zh;q=0.9", Lang::En),
            ("fr, zh-TW;q=0.3, en;q=0.7", Lang::En),
            ("de-DE,zh;q=0.5", Lang::Zh),
            ("zh,en", Lang::Zh),
            ("fr", Lang::En),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
            assert_eq!(Lang::accepted(&headers), expected, "{accepted}");
        }
    }
}
