//! The page of the metrics study: what it contains, and what it does in a browser.

mod in_browser;

use diffhep::studies::metrics_page::{PageDataSet, page};
use serde_json::Value;

const HOLES: &str = "Holes </script><b>&amp;";

fn at_cuts(value: impl Fn(f64) -> f64) -> Vec<f64> {
    (1..100).map(|cut| value(f64::from(cut))).collect()
}

fn at_bins(count: impl Fn(f64) -> f64) -> Vec<f64> {
    (0..50).map(|bin| count(f64::from(bin))).collect()
}

/// Best cuts: 40 (log loss), 60, 55; largest values: 7.9, 100, 60.
fn peaks() -> PageDataSet {
    PageDataSet {
        name: "Peaks".into(),
        description: "Each metric has one best cut.".into(),
        edges: (0..51).map(|edge| 2.0 * f64::from(edge)).collect(),
        signal: at_bins(|bin| bin),
        background: at_bins(|bin| 1000.0 / (1.0 + bin)),
        cuts: at_cuts(|cut| cut),
        log_loss: at_cuts(|cut| 2.0 + (cut - 40.0).abs() / 10.0),
        s_over_sqrt_b: at_cuts(|cut| 100.0 - (cut - 60.0).abs()),
        asimov: at_cuts(|cut| 60.0 - (cut - 55.0).abs()),
        signal_yield: at_cuts(|cut| 1000.0 * (100.0 - cut)),
        background_yield: at_cuts(|cut| 0.5 * (100.0 - cut)),
    }
}

/// s/sqrt(b) has no value at 30 and above 80; the Asimov significance has none anywhere.
fn holes() -> PageDataSet {
    PageDataSet {
        name: HOLES.into(),
        description: "Some numbers are none.".into(),
        log_loss: at_cuts(|cut| 1.0 + (cut - 70.0).abs()),
        s_over_sqrt_b: at_cuts(|cut| match cut {
            30.0 => f64::NAN,
            _ if cut > 80.0 => f64::INFINITY,
            _ => cut,
        }),
        asimov: at_cuts(|_| f64::NEG_INFINITY),
        background_yield: at_cuts(|cut| (80.0 - cut).max(0.0)),
        ..peaks()
    }
}

/// The text between two others, each of which occurs once.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).expect(start);
    rest.split_once(end).expect(end).0
}

#[test]
fn data_sets_travel_as_json() {
    let text = page(&[peaks(), holes()]);
    let json = between(&text, r#"<script id="data-sets" type="application/json">"#, "</script>");
    let found: Value = serde_json::from_str(json).expect("JSON");
    assert_eq!(found, serde_json::to_value([peaks(), holes()]).expect("JSON"));
    assert_eq!(found[1]["name"], HOLES);
    assert_eq!(found[1]["s_over_sqrt_b"][29], Value::Null);
    assert_eq!(found[1]["s_over_sqrt_b"][30], 31.0);
}

#[test]
fn names_cannot_end_the_script() {
    let text = page(&[holes()]);
    assert!(!text.contains(HOLES));
    assert!(text.contains(r"Holes \u003c/script>\u003cb>&amp;"));
    let without = PageDataSet { name: "plain".into(), ..holes() };
    let scripts = |text: &str| text.matches("</script").count();
    assert_eq!(scripts(&text), scripts(&page(&[without])));
}

#[test]
fn names_are_not_taken_for_places_in_the_template() {
    let places = PageDataSet { name: "{{style}} {{script}} {{data_sets}}".into(), ..peaks() };
    let text = page(&[places]);
    assert_eq!(text.matches("{{").count(), 3);
    assert!(text.contains(r#""name":"{{style}} {{script}} {{data_sets}}""#));
}

#[test]
fn the_page_loads_nothing() {
    let text = page(&[peaks(), holes()]);
    let rest = text.replace("\"http://www.w3.org/2000/svg\"", "");
    for word in ["http:", "https:", "//www", "@import", "url(", " src=", "import("] {
        assert!(!rest.contains(word), "'{word}' in the page");
    }
    assert!(rest.contains(r#"content="default-src 'none';"#));
}

#[test]
#[should_panic(expected = "Peaks: numbers of a scan")]
fn lists_that_do_not_fit_the_cuts_are_refused() {
    page(&[PageDataSet { asimov: vec![1.0], ..peaks() }]);
}

#[test]
#[should_panic(expected = "Peaks: number of bins")]
fn lists_that_do_not_fit_the_edges_are_refused() {
    page(&[PageDataSet { signal: vec![1.0], ..peaks() }]);
}

#[test]
#[should_panic(expected = "Peaks: cuts do not ascend")]
fn cuts_out_of_order_are_refused() {
    page(&[PageDataSet { cuts: vec![2.0, 1.0], ..peaks() }]);
}

#[test]
#[should_panic(expected = "a page needs a data set")]
fn no_data_set_is_refused() {
    page(&[]);
}
