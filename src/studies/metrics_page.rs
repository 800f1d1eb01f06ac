//! The page of the metrics study: log loss and significance against the cut, with a slider.
//!
//! Enters: for each data set, histograms of signal and background and a scan of cuts. Leaves: one
//! HTML document that needs nothing else. Its policy forbids loading anything, so it works the same
//! from a file and from any server.
//!
//! The page draws the two histograms above the three metrics, each metric divided by its largest
//! value. A dashed line at the cut runs through both panels; a slider, the arrow keys, a mouse or a
//! finger can move it, and the numbers at the cut are displayed beside it. The cut starts where the
//! log loss is lowest.
//!
//! Metrics are displayed as given: only their fractions and best cuts (the lowest of equal ones)
//! are computed here. A number that is not finite is displayed as not defined and leaves a gap in
//! its curve.

use serde::Serialize;

const TEMPLATE: &str = include_str!("metrics_page.html");
const STYLE: &str = include_str!("metrics_page.css");
const SCRIPT: &str = include_str!("metrics_page.js");

/// One data set of the metrics study, as the page displays it.
///
/// The five lists after `cuts` have one number per cut. The axis runs from the first edge to the
/// last; a cut that is not part of the scan is displayed as not scanned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PageDataSet {
    /// Its name in the choice of data sets and in the page's address.
    pub name: String,
    /// One or two sentences on what the data set contains.
    pub description: String,
    /// Edges of the histograms' bins in x, ascending and evenly spaced.
    pub edges: Vec<f64>,
    /// Signal events in each bin.
    pub signal: Vec<f64>,
    /// Background events in each bin.
    pub background: Vec<f64>,
    /// The scan's cuts, ascending and evenly spaced; events above a cut are selected.
    pub cuts: Vec<f64>,
    /// Log loss of the selection.
    pub log_loss: Vec<f64>,
    /// s / sqrt(b) of the selection.
    pub s_over_sqrt_b: Vec<f64>,
    /// Asimov significance of the selection.
    pub asimov: Vec<f64>,
    /// Selected signal events, s.
    pub signal_yield: Vec<f64>,
    /// Selected background events, b.
    pub background_yield: Vec<f64>,
}

impl PageDataSet {
    fn check(&self) {
        let finite = |list: &[f64]| list.iter().all(|place| place.is_finite());
        let ascending =
            |list: &[f64]| list.len() > 1 && finite(list) && list.is_sorted_by(|a, b| a < b);
        assert!(ascending(&self.edges), "{}: edges do not ascend", self.name);
        assert!(ascending(&self.cuts), "{}: cuts do not ascend", self.name);
        for counts in [&self.signal, &self.background] {
            assert_eq!(counts.len() + 1, self.edges.len(), "{}: number of bins", self.name);
        }
        let metrics = [&self.log_loss, &self.s_over_sqrt_b, &self.asimov];
        for values in metrics.into_iter().chain([&self.signal_yield, &self.background_yield]) {
            assert_eq!(values.len(), self.cuts.len(), "{}: numbers of a scan", self.name);
        }
    }
}

/// The page that displays the data sets, starting with the first.
///
/// # Panics
/// If there is no data set, if a list's length does not match the edges or the cuts, or if edges or
/// cuts do not ascend.
pub fn page(data_sets: &[PageDataSet]) -> String {
    assert!(!data_sets.is_empty(), "a page needs a data set");
    data_sets.iter().for_each(PageDataSet::check);
    let json = serde_json::to_string(data_sets).expect("strings and numbers are JSON");
    // In JSON a '<' occurs only in strings; since it is escaped, no name can end the script
    // element.
    let json = json.replace('<', "\\u003c");
    TEMPLATE.replacen("{{style}}", STYLE, 1).replacen("{{script}}", SCRIPT, 1).replacen(
        "{{data_sets}}",
        &json,
        1,
    )
}
