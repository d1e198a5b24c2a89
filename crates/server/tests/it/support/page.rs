//! A simple browser for wire tests: it keeps cookies, does not follow redirects, and fills in the hidden fields of
//! forms.

use super::TestServer;
use super::http::Response;
use kaquan_store::{Grant, Role};
use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

/// The password of every account in tests.
pub const PASSWORD: &str = "a long enough one";

/// A visitor with a browser.
#[derive(Clone)]
pub struct Surfer<'a> {
    server: &'a TestServer,
    cookies: RefCell<Vec<(String, String)>>,
    /// The `Accept-Language` of the browser; English unless a test changes it.
    pub language: &'static str,
    /// The client address that a proxy reports.
    pub forwarded_for: String,
}

/// Encodes fields as a form.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

impl TestServer {
    /// A visitor without a session.
    pub fn surfer(&self) -> Surfer<'_> {
        Surfer { server: self, cookies: RefCell::default(), language: "en", forwarded_for: String::new() }
    }

    /// A browser with this address, as a proxy reports it.
    pub fn surfer_from(&self, address: &str) -> Surfer<'_> {
        Surfer { forwarded_for: address.to_owned(), ..self.surfer() }
    }

    /// A signed-in account with this role in the first app.
    pub fn signed_in(&self, role: Role) -> Surfer<'_> {
        let app = if role == Role::Owner { None } else { Some(self.app.id) };
        self.signed_in_as(role.name(), Grant { app, role })
    }

    /// A signed-in person with this name and grant.
    pub fn signed_in_as(&self, name: &str, grant: Grant) -> Surfer<'_> {
        let now = kaquan_core::time::Timestamp(self.now());
        let account = self.store.create_account(name, &[grant], now).unwrap().unwrap();
        let path = kaquan_server::login_link::fresh(&*self.store, account.id, now).unwrap();
        let surfer = self.surfer();
        let entered = surfer.submit(&path, &path, &[("password", PASSWORD), ("again", PASSWORD)]);
        assert_eq!(entered.status, 303, "{}", entered.text());
        surfer
    }
}

impl Surfer<'_> {
    /// Sends a request with the cookies, and keeps the cookies of the answer.
    pub fn send(&self, method: &str, target: &str, body: &str) -> Response {
        let cookies = self.cookie_header();
        let response = self.server.send(method, target, &self.headers(&cookies), body.as_bytes());
        for (_, line) in response.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.borrow_mut().retain(|(kept, _)| kept != name);
            self.cookies.borrow_mut().push((name.to_owned(), value.to_owned()));
        }
        response
    }

    /// Requests a page on its own connection, and reads only the head and a body of known length. So an endless
    /// answer can be checked.
    pub fn head_of(&self, target: &str) -> Response {
        self.server.connect().send("GET", target, &self.headers(&self.cookie_header()), b"")
    }

    /// Another browser with the same cookies, as a thief would have it.
    pub fn clone_cookies(&self) -> Surfer<'_> {
        Surfer { server: self.server, ..self.clone() }
    }

    fn cookie_header(&self) -> String {
        let pairs =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        pairs.join("; ")
    }

    fn headers<'a>(&'a self, cookies: &'a str) -> [(&'static str, &'a str); 5] {
        [
            ("cookie", cookies),
            ("accept-language", self.language),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
            ("x-forwarded-for", self.forwarded_for.as_str()),
        ]
    }

    /// Sends the login form.
    #[track_caller]
    pub fn log_in(&self, name: &str, password: &str) -> Response {
        let next = ("next", "/console/account");
        self.submit("/console/login", "/console/login", &[("name", name), ("password", password), next])
    }

    /// Sets a cookie; an empty value removes it.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().retain(|(kept, _)| kept != name);
        if !value.is_empty() {
            self.cookies.borrow_mut().push((name.to_owned(), value.to_owned()));
        }
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> String {
        let cookies = self.cookies.borrow();
        cookies.iter().find(|(kept, _)| kept == name).expect("a cookie").1.clone()
    }

    /// A page with any status.
    pub fn get(&self, target: &str) -> Response {
        self.send("GET", target, "")
    }

    /// The text of a page, which must exist.
    #[track_caller]
    pub fn page(&self, target: &str) -> String {
        let response = self.get(target);
        assert_eq!(response.status, 200, "{target}: {}", response.text());
        response.text().to_owned()
    }

    /// A page of the first app.
    #[track_caller]
    pub fn app_page(&self, path: &str) -> String {
        self.page(&self.app_path(path))
    }

    /// The path of a page of the first app.
    pub fn app_path(&self, path: &str) -> String {
        format!("/console/{}/{path}", self.server.app.appid)
    }

    /// Sends a form of this page: these fields, the page's hidden `csrf` and `seen`, and a new idempotency key unless
    /// the fields have one. The forms of the till are on the page of the code.
    #[track_caller]
    pub fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Response {
        let code = fields.iter().find(|(name, _)| *name == "code").filter(|_| page.ends_with("/till"));
        let text = match code {
            Some((_, code)) => self.page(&format!("{page}?{}", encoded(&[("code", code)]))),
            None => self.page(page),
        };
        let (csrf, once) = (hidden(&text, "csrf"), fresh_key());
        let has = |name: &str| fields.iter().any(|(given, _)| *given == name);
        let form = text.split("<form ").find(|form| form.contains(&format!("action=\"{action}\"")));
        let text = form.unwrap_or(&text);
        let seen = text.contains("name=\"seen\"").then(|| hidden(text, "seen")).filter(|_| !has("seen"));
        let mut all = vec![("csrf", csrf.as_str())];
        if !has("once") {
            all.push(("once", &once));
        }
        all.extend(seen.as_deref().map(|seen| ("seen", seen)));
        all.extend(fields);
        self.send("POST", action, &encoded(&all))
    }

    /// As [`Surfer::submit`], within the first app.
    #[track_caller]
    pub fn app_submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Response {
        self.submit(&self.app_path(page), &self.app_path(action), fields)
    }
}

/// An idempotency key that no other form has.
pub fn fresh_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("form {}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The value of a hidden field of a page.
#[track_caller]
pub fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let at = page.find(&start).unwrap_or_else(|| panic!("no hidden {name} in {page}")) + start.len();
    page[at..].split('"').next().unwrap().to_owned()
}
