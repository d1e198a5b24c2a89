//! A browser for tests. It opens pages, fills in fields by their labels, presses buttons by their texts, reads texts,
//! takes pictures, and lets axe search for accessibility problems.

use super::driver::{Cdp, ConsoleLog, Driver};
use crate::support::TestServer;
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// The longest time until a text or an element is visible.
const PATIENCE: Duration = Duration::from_secs(15);

/// The kind of device with its screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// A desktop computer.
    Desktop,
    /// A phone.
    Phone,
}

/// A browser with its own profile.
pub struct Browser {
    runtime: Runtime,
    client: Client,
    base: String,
    // The last field, so that the browser is closed before its driver ends.
    _driver: Driver,
}

impl Browser {
    /// Opens a browser for this server.
    pub fn open(server: &TestServer, device: Device, language: &str) -> Browser {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let driver = Driver::start();
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let client = runtime.block_on(async {
            let mut builder = ClientBuilder::new(connector);
            builder.capabilities(capabilities(language)).connect(&driver.url).await
        });
        let client = client.expect("Chromium starts");
        let base = format!("http://{}", server.address());
        let browser = Browser { runtime, client, base, _driver: driver };
        if device == Device::Phone {
            let metrics = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
            browser.cdp("Emulation.setDeviceMetricsOverride", metrics);
        }
        browser
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    fn cdp(&self, command: &'static str, params: Value) -> Value {
        self.wait(self.client.issue_cmd(Cdp(command, params))).expect(command)
    }

    /// Switches the pages to dark or light mode.
    pub fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        self.cdp(
            "Emulation.setEmulatedMedia",
            json!({"features": [{"name": "prefers-color-scheme", "value": value}]}),
        );
    }

    /// From now on, runs no scripts of pages.
    pub fn without_scripts(&self) {
        self.cdp("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    }

    /// Goes back to the previous page.
    pub fn back(&self) {
        self.wait(self.client.back()).expect("a page before");
    }

    /// From now on, runs this script before those of each page.
    pub fn before_each_page(&self, script: &str) {
        self.cdp("Page.addScriptToEvaluateOnNewDocument", json!({"source": script}));
    }

    /// Whether the first element that matches `css` is visible.
    pub fn shows(&self, css: &str) -> bool {
        let element = self.wait(self.client.find(Locator::Css(css))).expect(css);
        self.wait(element.is_displayed()).expect("an answer")
    }

    /// Goes to a path of the server, or to a URL.
    pub fn go(&self, to: &str) {
        let url = if to.starts_with("http") { to.to_owned() } else { format!("{}{to}", self.base) };
        self.wait(self.client.goto(&url)).expect("the page loads");
    }

    /// The path of the present page.
    pub fn path(&self) -> String {
        self.wait(self.client.current_url()).expect("an address").path().to_owned()
    }

    /// The visible text of the page.
    pub fn text(&self) -> String {
        let body = self.wait(self.client.find(Locator::Css("body"))).expect("a page");
        self.wait(body.text()).expect("text")
    }

    /// Waits until the page shows this text.
    #[track_caller]
    pub fn see(&self, text: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            // A page that is being left has no text.
            let shown =
                self.wait(async { self.client.find(Locator::Css("body")).await.ok()?.text().await.ok() });
            if shown.as_ref().is_some_and(|shown| shown.contains(text)) {
                return;
            }
            assert!(
                Instant::now() < end,
                "{text:?} is not on {}:\n{}",
                self.path(),
                shown.unwrap_or_default()
            );
        }
    }

    #[track_caller]
    fn find(&self, xpath: &str, what: &str) -> Element {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Ok(element) = self.wait(self.client.find(Locator::XPath(xpath))) {
                return element;
            }
            assert!(Instant::now() < end, "no {what} on {}:\n{}", self.path(), self.text());
        }
    }

    /// Presses the button or follows the link with this text. The text of a tile is its heading.
    #[track_caller]
    pub fn press(&self, text: &str) {
        let xpath = format!(
            "//button[normalize-space()={0}] | //a[normalize-space()={0}] | //a[strong[normalize-space()={0}]] | //summary[normalize-space()={0}]",
            quoted(text)
        );
        let element = self.find(&xpath, &format!("button or link {text:?}"));
        self.wait(element.click()).unwrap_or_else(|error| panic!("{text:?} cannot be pressed: {error}"));
    }

    /// The field with this label.
    #[track_caller]
    fn field(&self, label: &str) -> Element {
        let label = quoted(label);
        let xpath = format!(
            "//*[@id=//label[starts-with(normalize-space(), {label})]/@for] | //label[starts-with(normalize-space(), {label})]/input"
        );
        self.find(&xpath, &format!("field {label}"))
    }

    /// Types into the field with this label, and replaces its content.
    #[track_caller]
    pub fn fill(&self, label: &str, text: &str) {
        let field = self.field(label);
        self.wait(field.clear()).expect("a field to be cleared");
        self.wait(field.send_keys(text)).expect("a field to type into");
    }

    /// Sets the time of the field with this label, such as `2026-03-01T08:00`. The order of typed digits depends on the
    /// language of the browser, so they are not typed.
    #[track_caller]
    pub fn pick_time(&self, label: &str, time: &str) {
        let field = serde_json::to_value(self.field(label)).expect("an element");
        let set = "arguments[0].value = arguments[1]";
        self.wait(self.client.execute(set, vec![field, time.into()])).expect("a field that takes a time");
    }

    /// Selects a value in the list with this label.
    #[track_caller]
    pub fn choose(&self, label: &str, value: &str) {
        self.wait(self.field(label).select_by_value(value)).expect("a choice");
    }

    /// Checks the checkbox with this label.
    #[track_caller]
    pub fn tick(&self, label: &str) {
        self.wait(self.field(label).click()).expect("a box to tick");
    }

    /// The value of an attribute of the first element that matches `css`.
    pub fn attr(&self, css: &str, name: &str) -> String {
        let element = self.wait(self.client.find(Locator::Css(css))).expect(css);
        self.wait(element.attr(name)).expect("an attribute").unwrap_or_default()
    }

    /// The text of the first element that matches `css`.
    pub fn text_of(&self, css: &str) -> String {
        let element = self.wait(self.client.find(Locator::Css(css))).expect(css);
        self.wait(element.text()).expect("text")
    }

    /// The picture of the first element that matches `css`, as PNG.
    pub fn picture_of(&self, css: &str) -> Vec<u8> {
        let element = self.wait(self.client.find(Locator::Css(css))).expect(css);
        self.wait(element.screenshot()).expect("a picture")
    }

    /// Saves a picture of the whole page under this name.
    pub fn shot(&self, name: &str) {
        let folder = std::env::var_os("KAQUAN_SCREENSHOTS").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots"),
            PathBuf::from,
        );
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        let shot = self.cdp("Page.captureScreenshot", json!({"captureBeyondViewport": true}));
        let data = shot["data"].as_str().expect("a picture");
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, data).expect("base64");
        std::fs::write(folder.join(format!("{name}.png")), bytes).expect("a picture can be kept");
    }

    /// Fails if the browser logged a warning or an error, such as a blocked inline script or file of another server.
    #[track_caller]
    pub fn assert_quiet(&self) {
        let log = self.wait(self.client.issue_cmd(ConsoleLog)).expect("the browser's console");
        // The browser also logs the status of refused or missing pages.
        let counts = |entry: &&Value| {
            let message = entry["message"].as_str().unwrap_or_default();
            let level = entry["level"].as_str().unwrap_or_default();
            ["SEVERE", "WARNING"].contains(&level)
                && !message.contains("the server responded with a status of")
        };
        let entries: Vec<&Value> = log.as_array().into_iter().flatten().filter(counts).collect();
        assert!(entries.is_empty(), "{}: {entries:#?}", self.path());
    }

    /// The problems that axe finds: missing labels, low contrast, a wrong order of headings, and others.
    pub fn obstacles(&self) -> Vec<Value> {
        let axe = std::env::var("KAQUAN_AXE").expect("KAQUAN_AXE, which `cargo xtask browser` sets");
        let source = std::fs::read_to_string(axe).expect("axe-core");
        self.wait(self.client.execute(&source, Vec::new())).expect("axe-core runs");
        let look = "const done = arguments[arguments.length - 1]; axe.run(document, {resultTypes: ['violations']}).then(
            (found) => done(found.violations.map((it) => ({id: it.id, help: it.help, at: it.nodes.map((node) => node.html + ' ' + node.failureSummary)}))),
            (error) => done([{id: 'error', help: String(error)}]));";
        let found = self.wait(self.client.execute_async(look, Vec::new())).expect("axe answers");
        found.as_array().cloned().unwrap_or_default()
    }

    /// Fails unless the Tab key reaches every control, in the order in which they are in the page.
    #[track_caller]
    pub fn assert_focus_order(&self) {
        let wrong = self.wait(self.client.execute(
            "const seen = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
                .filter((it) => it.checkVisibility() && !it.disabled && it.type !== 'hidden' && it.tabIndex >= 0);
             return seen.filter((it) => it.tabIndex > 0).map((it) => it.outerHTML)
                .concat(seen.filter((it) => { it.focus(); return document.activeElement !== it; }).map((it) => it.outerHTML));",
            Vec::new(),
        ));
        assert_eq!(wrong.expect("a script runs"), json!([]), "{}", self.path());
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shot("failed");
        }
        let client = self.client.clone();
        // The driver ends browsers that do not close by themselves.
        let _ = self.wait(client.close());
    }
}

/// A text in quotes, for an XPath expression.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn capabilities(language: &str) -> Map<String, Value> {
    let args = vec![
        "--headless=new".to_owned(),
        // Containers and the root user usually do not allow the sandbox, and all pages are our own.
        "--no-sandbox".to_owned(),
        "--window-size=1280,900".to_owned(),
        "--hide-scrollbars".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        format!("--lang={language}"),
    ];
    let capabilities = json!({
        "goog:chromeOptions": {"args": args, "prefs": {"intl.accept_languages": language}},
        "goog:loggingPrefs": {"browser": "ALL"},
    });
    capabilities.as_object().cloned().unwrap_or_default()
}
