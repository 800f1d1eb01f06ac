//! The page in headless Chromium, moved by real keys, a mouse and a finger.

use std::path::Path;

use diffhep::studies::metrics_page::page;
use serde_json::{Value, json};

use super::super::chromium::{Chromium, program};
use super::super::common::numbers;
use super::{HOLES, holes, peaks};

/// What the page displays for a cut: the positions of both lines along their axes (0 to 1), the
/// numbers in the order of the page, and the metrics' fractions of their largest values.
const READ: &str = "(() => {
    const box = (selector) => document.querySelector(selector).getBoundingClientRect();
    const line = (panel) => {
        const [line, frame] = [box(`${panel} .cut`), box(`${panel} .frame`)];
        return ((line.left + line.right - frame.left - frame.right) / frame.width + 1) / 2;
    };
    const texts = (selector) => [...document.querySelectorAll(selector)].map((it) => it.textContent);
    return {
        lines: [line('#counts'), line('#metrics')],
        values: texts('[data-value]'),
        fractions: texts('[data-share]'),
    };
})()";

/// What the page should display: its numbers, the cut first, and the metrics' fractions.
type Shown = ([&'static str; 6], [&'static str; 3]);

const AT_1: Shown = (["1", "99,000", "49.5", "5.9", "41", "6"], ["0.747", "0.410", "0.100"]);
const AT_40: Shown = (["40", "60,000", "30", "2", "80", "45"], ["0.253", "0.800", "0.750"]);
const AT_41: Shown = (["41", "59,000", "29.5", "2.1", "81", "46"], ["0.266", "0.810", "0.767"]);
const AT_50: Shown = (["50", "50,000", "25", "3", "90", "55"], ["0.380", "0.900", "0.917"]);
const AT_60: Shown = (["60", "40,000", "20", "4", "100", "55"], ["0.506", "1.000", "0.917"]);
const AT_90: Shown = (["90", "10,000", "5", "7", "70", "25"], ["0.886", "0.700", "0.417"]);
const HOLES_AT_30: Shown =
    (["30", "70,000", "50", "41", "not defined", "not defined"], ["0.586", "–", "–"]);
const HOLES_AT_70: Shown =
    (["70", "30,000", "10", "1", "70", "not defined"], ["0.014", "0.875", "–"]);

/// An end of the axis, where the scan has no cut.
fn not_scanned(cut: &'static str) -> Shown {
    let mut values = ["not scanned"; 6];
    values[0] = cut;
    (values, ["–"; 3])
}

/// The page of both data sets, open in a browser.
struct Open {
    browser: Chromium,
    url: String,
}

impl Open {
    fn new(test: &str, width: u32, height: u32) -> Self {
        let name = format!("metrics_page-{}-{test}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut browser = Chromium::start(&program(), folder.clone());
        let file = folder.join("page.html");
        std::fs::write(&file, page(&[peaks(), holes()])).expect("a file");
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        browser.call("Emulation.setDeviceMetricsOverride", size);
        let url = file_url(&file);
        browser.open(&url);
        let mut open = Self { browser, url };
        open.settled();
        open
    }

    /// Waits until the page has announced its cut: the last thing it does.
    fn settled(&mut self) {
        self.browser.wait_until(
            "document.getElementById('announcement').textContent
                .startsWith(`Cut ${document.getElementById('cut').value}:`)",
        );
    }

    /// Expects a cut, its line in both panels, and the numbers beside it.
    #[track_caller]
    fn shows(&mut self, (values, fractions): Shown) {
        let cut = values[0];
        self.browser.wait_until(&format!("document.getElementById('cut').value === '{cut}'"));
        let found = self.browser.evaluate(READ);
        for line in numbers(&found["lines"]) {
            let expected = cut.parse::<f64>().expect("a number") / 100.0;
            assert!((line - expected).abs() < 1e-5, "a line at {line}, the cut at {expected}");
        }
        assert_eq!(found["values"], json!(values));
        assert_eq!(found["fractions"], json!(fractions));
    }

    /// A point of the window, at these fractions of an element's width and height.
    fn point(&mut self, selector: &str, across: f64, down: f64) -> (f64, f64) {
        let point = self.browser.evaluate(&format!(
            "(({{left, top, width, height}}) => [left + width * {across}, top + height * {down}])
            (document.querySelector('{selector}').getBoundingClientRect())"
        ));
        let point = numbers(&point);
        (point[0], point[1])
    }

    fn key(&mut self, key: &str, code: u32) {
        for kind in ["rawKeyDown", "keyUp"] {
            let event =
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            self.browser.call("Input.dispatchKeyEvent", event);
        }
    }

    fn mouse(&mut self, kind: &str, (x, y): (f64, f64), buttons: u32) {
        let event = json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": buttons,
            "clickCount": 1});
        self.browser.call("Input.dispatchMouseEvent", event);
    }

    /// Presses the left button at the first of some points and releases it at the last.
    fn drag(&mut self, points: &[(f64, f64)]) {
        self.mouse("mouseMoved", points[0], 0);
        self.mouse("mousePressed", points[0], 1);
        for point in &points[1..] {
            self.mouse("mouseMoved", *point, 1);
        }
        self.mouse("mouseReleased", points[points.len() - 1], 0);
    }

    /// Puts a finger down at the first of some points and lifts it at the last.
    fn touch(&mut self, points: &[(f64, f64)]) {
        for (i, (x, y)) in points.iter().enumerate() {
            let kind = if i == 0 { "touchStart" } else { "touchMove" };
            let event = json!({"type": kind, "touchPoints": [{"x": x, "y": y}]});
            self.browser.call("Input.dispatchTouchEvent", event);
        }
        let event = json!({"type": "touchEnd", "touchPoints": []});
        self.browser.call("Input.dispatchTouchEvent", event);
    }

    fn text(&mut self, selector: &str) -> String {
        let found =
            self.browser.evaluate(&format!("document.querySelector('{selector}').textContent"));
        found.as_str().expect("a text").to_owned()
    }

    /// What the page complained of or asked the network for.
    fn noise(&self) -> Vec<&Value> {
        let complaints = ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"];
        let own = |request: &&Value| request["request"]["url"] != self.url.as_str();
        let requests = self.browser.events("Network.requestWillBeSent").filter(own);
        let complaints = complaints.into_iter().flat_map(|method| self.browser.events(method));
        requests.chain(complaints).collect()
    }

    fn ends_quietly(mut self) {
        self.settled();
        assert_eq!(self.noise(), Vec::<&Value>::new());
    }
}

fn file_url(path: &Path) -> String {
    let escaped = path.to_str().expect("UTF-8").bytes().map(|byte| match byte {
        b'/' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    format!("file://{}", escaped.collect::<String>())
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium on PATH: set DIFFHEP_CHROMIUM")]
fn a_cut_starts_at_the_lowest_log_loss() {
    let mut page = Open::new("start", 900, 900);
    page.shows(AT_40);
    let bests = [("log_loss", "40"), ("s_over_sqrt_b", "60"), ("asimov", "55")];
    for (metric, best) in bests {
        assert_eq!(page.text(&format!("[data-best={metric}]")), best);
    }
    assert_eq!(
        page.text("#announcement"),
        "Cut 40: signal 60,000, background 30, Log loss 2, s/√b 80, Asimov significance 45."
    );
    assert_eq!(
        page.browser.evaluate("document.querySelectorAll('#metrics > svg .mark').length"),
        3
    );
    assert_eq!(page.browser.evaluate("location.hash"), "#data=Peaks&cut=40");
    page.ends_quietly();
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium on PATH: set DIFFHEP_CHROMIUM")]
fn keys_move_the_cut() {
    let mut page = Open::new("keys", 900, 900);
    page.browser.evaluate("document.getElementById('cut').focus()");
    page.key("ArrowRight", 39);
    page.shows(AT_41);
    page.key("ArrowLeft", 37);
    page.shows(AT_40);
    page.key("Home", 36);
    page.shows(not_scanned("0"));
    page.key("ArrowRight", 39);
    page.shows(AT_1);
    page.key("End", 35);
    page.shows(not_scanned("100"));
    page.ends_quietly();
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium on PATH: set DIFFHEP_CHROMIUM")]
fn a_mouse_moves_the_cut() {
    let mut page = Open::new("mouse", 900, 900);
    let [from, over, to] = [0.2, 0.3, 0.41].map(|across| page.point("#counts .frame", across, 0.5));
    page.drag(&[from, over, to]);
    page.shows(AT_41);
    page.key("ArrowLeft", 37);
    page.shows(AT_40);
    let there = page.point("#metrics .frame", 0.9, 0.2);
    page.drag(&[there]);
    page.shows(AT_90);
    let middle = page.point("#cut", 0.5, 0.5);
    page.drag(&[middle]);
    page.shows(AT_50);
    let button = page.point("[data-best=s_over_sqrt_b]", 0.5, 0.5);
    page.drag(&[button]);
    page.shows(AT_60);
    page.ends_quietly();
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium on PATH: set DIFFHEP_CHROMIUM")]
fn a_finger_moves_the_cut_sideways_only() {
    let mut page = Open::new("finger", 375, 700);
    page.browser.call("Emulation.setTouchEmulationEnabled", json!({"enabled": true}));
    page.browser.evaluate("document.getElementById('metrics').scrollIntoView()");
    let path = [0.1, 0.2, 0.3, 0.41].map(|across| page.point("#metrics .frame", across, 0.5));
    page.touch(&path);
    page.shows(AT_41);
    let tap = page.point("#metrics .frame", 0.6, 0.5);
    page.touch(&[tap]);
    page.shows(AT_60);
    let path = [0.9, 0.6, 0.3, 0.0].map(|down| page.point("#metrics .frame", 0.1, down));
    let before = page.browser.evaluate("scrollY");
    page.touch(&path);
    let scrolled = format!("scrollY !== {before}");
    page.browser.wait_until(&scrolled);
    page.shows(AT_60);
    page.browser.evaluate("document.getElementById('cut').scrollIntoView({block: 'center'})");
    let tap = page.point("#cut", 0.5, 0.5);
    page.touch(&[tap]);
    page.shows(AT_50);
    page.ends_quietly();
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium on PATH: set DIFFHEP_CHROMIUM")]
fn a_choice_shows_another_data_set_and_its_gaps() {
    let mut page = Open::new("choice", 900, 900);
    let choice = page.point("#choice label:last-child", 0.5, 0.5);
    page.drag(&[choice]);
    page.shows(HOLES_AT_70);
    assert_eq!(page.text("#choice label:last-child"), HOLES);
    assert_eq!(page.text("#description"), "Some numbers are none.");
    let hidden = "getComputedStyle(document.querySelector('.here.asimov')).visibility";
    assert_eq!(page.browser.evaluate(hidden), "hidden");
    assert_eq!(
        page.browser.evaluate("document.querySelector('[data-best=asimov]').disabled"),
        true
    );
    // Each curve has separate stretches: s/sqrt(b) runs from 1 to 29 and from 31 to 80.
    for (metric, stretches) in [("log_loss", 1), ("s_over_sqrt_b", 2), ("asimov", 0)] {
        let path = format!("document.querySelector('#metrics > svg .curve.{metric}')");
        let moves = format!("{path}.getAttribute('d').split('M').length - 1");
        assert_eq!(page.browser.evaluate(&moves), stretches, "{metric}");
    }
    page.ends_quietly();
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium on PATH: set DIFFHEP_CHROMIUM")]
fn an_address_names_a_data_set_and_a_cut() {
    let mut page = Open::new("address", 900, 900);
    page.browser.evaluate("location.hash = new URLSearchParams({cut: 50, data: 'Peaks'})");
    page.shows(AT_50);
    let choice = "document.querySelector('#choice label:last-child').textContent";
    let address = format!("location.hash = new URLSearchParams({{cut: 30, data: {choice}}})");
    page.browser.evaluate(&address);
    page.shows(HOLES_AT_30);
    page.browser.evaluate("location.hash = '#cut=none&data=unknown'");
    page.shows(AT_40);
    page.ends_quietly();
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium on PATH: set DIFFHEP_CHROMIUM")]
fn counts_are_drawn_on_either_scale() {
    let mut page = Open::new("scales", 900, 900);
    // The background falls from 1000 to 20: its last bin's height over the first's.
    let ratio = "(() => {
        const heights = document.querySelector('#counts path.background').getAttribute('d')
            .match(/V[-.0-9]+/g).map((place) => Number(place.slice(1)));
        const bottom = heights.at(-1);
        return (bottom - heights.at(-2)) / (bottom - heights[0]);
    })()";
    let linear = page.browser.evaluate(ratio).as_f64().expect("a number");
    assert!((linear - 0.02).abs() < 1e-9, "{linear}");
    let switch = page.point("#logarithmic", 0.5, 0.5);
    page.drag(&[switch]);
    page.browser.wait_until("document.getElementById('logarithmic').checked");
    let logarithmic = page.browser.evaluate(ratio).as_f64().expect("a number");
    let expected = (20.0_f64 / 0.5).ln() / (1000.0_f64 / 0.5).ln();
    assert!((logarithmic - expected).abs() < 1e-9, "{logarithmic}, expected {expected}");
    page.ends_quietly();
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium on PATH: set DIFFHEP_CHROMIUM")]
fn the_page_fits_a_phone() {
    let mut page = Open::new("phone", 375, 700);
    let widths = "[innerWidth, document.documentElement.scrollWidth]";
    assert_eq!(page.browser.evaluate(widths), json!([375, 375]));
    page.browser.evaluate("document.querySelector('#choice label:last-child input').click()");
    page.shows(HOLES_AT_70);
    assert_eq!(page.browser.evaluate(widths), json!([375, 375]));
    page.ends_quietly();
}

/// The other tests expect no complaints; here there are some, which must be noticed.
#[test]
#[cfg_attr(not(browser), ignore = "no Chromium on PATH: set DIFFHEP_CHROMIUM")]
fn the_policy_forbids_the_network() {
    let mut page = Open::new("policy", 900, 900);
    assert_eq!(page.noise(), Vec::<&Value>::new());
    let answer =
        page.browser.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')");
    assert_eq!(answer, "refused");
    let noise = format!("{:?}", page.noise());
    assert!(noise.contains("Content Security Policy"), "{noise}");
    page.browser
        .evaluate("setTimeout(() => { throw new Error('thrown'); }), console.error('said')");
    page.browser.evaluate("new Promise((done) => setTimeout(done, 50))");
    for method in ["Runtime.exceptionThrown", "Runtime.consoleAPICalled"] {
        assert_eq!(page.browser.events(method).count(), 1, "{method}");
    }
}
