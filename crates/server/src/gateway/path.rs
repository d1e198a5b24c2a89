//! The paths that can be passed on, and what identifies the caller of each. A path must be written plainly, so that no
//! other spelling of it passes the lists or reaches a path that kaquan answers itself.

/// The prefixes that are passed on unless the app says otherwise: WeChat's calls except those that kaquan answers itself.
pub const DEFAULT_ALLOW: [&str; 8] =
    ["/cgi-bin/", "/sns/", "/wxa/", "/wxaapi/", "/datacube/", "/customservice/", "/semantic/", "/merchant/"];

/// The longest path in bytes.
const PATH_MAX: usize = 256;
/// Beginnings of paths that kaquan answers itself, or not at all. Some of these paths issue tokens: passed on, they
/// would issue a token for the real secret.
const OWN: [&str; 10] = [
    "/card/",
    "/console",
    "/kaquan/",
    "/wallet/",
    "/w/",
    "/bizmall/",
    "/static/",
    "/media/",
    "/cgi-bin/token",
    "/cgi-bin/stable_token",
];

/// What identifies the caller of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// The access token of an app. It is replaced by that of the account.
    AccountToken,
    /// An appid with its secret in the query. Both are replaced by the real ones.
    AppSecret,
    /// An appid in the query. The rest belongs to a person.
    Appid,
    /// A person's token from web authorization. It names no app.
    UserToken,
}

impl Credential {
    /// Whether the call shows no secret of the app, so that any stranger can make it.
    pub fn is_public(self) -> bool {
        matches!(self, Credential::Appid | Credential::UserToken)
    }

    /// What identifies the caller of this path.
    pub fn of(path: &str) -> Credential {
        match path {
            "/sns/oauth2/access_token" | "/sns/jscode2session" => Credential::AppSecret,
            "/sns/oauth2/refresh_token" => Credential::Appid,
            path if path.starts_with("/sns/") => Credential::UserToken,
            _ => Credential::AccountToken,
        }
    }
}

/// Whether a path could be passed on at all.
pub fn may_pass(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    is_plain(path) && path.matches('/').count() > 1 && !OWN.iter().any(|own| lower.starts_with(own))
}

/// Whether a path or a prefix is written plainly: segments of letters, digits, `_`, `-` and `.`, without an empty one in
/// the middle and without `.` and `..`.
pub fn is_plain(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let segments = rest.strip_suffix('/').unwrap_or(rest).split('/');
    let is_segment =
        |it: &str| !it.is_empty() && it.bytes().all(good) && !it.bytes().all(|byte| byte == b'.');
    path.len() <= PATH_MAX && (rest.is_empty() || segments.into_iter().all(is_segment))
}

/// Whether the lists of an app let a path pass. A prefix in `refuse` wins.
pub fn is_allowed(path: &str, allow: &[String], refuse: &[String]) -> bool {
    let begins = |list: &[String]| list.iter().any(|prefix| path.starts_with(prefix.as_str()));
    begins(allow) && !begins(refuse)
}

/// Groups of paths, for the label of the metrics. The first that fits counts.
const GROUPS: [&str; 20] = [
    "/cgi-bin/user/",
    "/cgi-bin/tags/",
    "/cgi-bin/message/custom/",
    "/cgi-bin/message/mass/",
    "/cgi-bin/message/template/",
    "/cgi-bin/message/",
    "/cgi-bin/menu/",
    "/cgi-bin/media/",
    "/cgi-bin/material/",
    "/cgi-bin/qrcode/",
    "/cgi-bin/ticket/",
    "/cgi-bin/template/",
    "/cgi-bin/",
    "/sns/oauth2/",
    "/sns/",
    "/wxaapi/",
    "/wxa/",
    "/datacube/",
    "/customservice/",
    "/merchant/",
];

/// The group of a path; `other` for a path of no group.
pub fn group(path: &str) -> &'static str {
    GROUPS.into_iter().find(|group| path.starts_with(group)).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_path_that_is_not_kaquans_may_pass() {
        for path in ["/cgi-bin/user/info", "/sns/userinfo", "/wxa/getwxacode", "/datacube/getusersummary"] {
            assert!(may_pass(path), "{path}");
        }
        for path in [
            "/",
            "/healthz",
            "/card/unknown",
            "/CARD/get",
            "/cgi-bin/token",
            "/cgi-bin/token/",
            "/CGI-BIN/Token",
            "/cgi-bin/stable_token",
            "/cgi-bin//token",
            "/cgi-bin/./token",
            "/sns/../cgi-bin/token",
            "/cgi-bin/%74oken",
            "/cgi-bin/user/info;x",
            "/kaquan/v1/x",
            "/console/x",
        ] {
            assert!(!may_pass(path), "{path}");
        }
    }

    #[test]
    fn a_refused_prefix_wins_over_an_allowed_one() {
        let list = |prefixes: &[&str]| prefixes.iter().map(|&prefix| prefix.to_owned()).collect::<Vec<_>>();
        let (allow, refuse) = (list(&["/cgi-bin/"]), list(&["/cgi-bin/menu/"]));
        assert!(is_allowed("/cgi-bin/user/info", &allow, &refuse));
        assert!(!is_allowed("/cgi-bin/menu/create", &allow, &refuse));
        assert!(!is_allowed("/wxa/x", &allow, &refuse));
    }
}
