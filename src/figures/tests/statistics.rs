//! Figures of limits, rankings, scans, exclusions, toys and correlations.

use super::super::correlations::{CorrelationMatrix, correlations};
use super::super::exclusion::{ExclusionPlane, Region, TestedSignal, exclusion};
use super::super::limit::{BrazilPlot, ONE_SIGMA, TWO_SIGMA, brazil};
use super::super::ranking::{RankedParameter, ranking};
use super::super::scan::{LikelihoodPlane, LikelihoodScan, plane, scan};
use super::super::toys::{ToyDistributions, ToyHypothesis, toys};
use super::*;

const NAN: f64 = f64::NAN;

/// The SVG, which must not contain NaN.
fn drawn(figure: &Figure) -> String {
    let svg = svg(figure);
    assert!(!svg.contains("NaN") && !svg.contains("inf,"));
    svg
}

fn words(svg: &str, words: &str) -> usize {
    count(svg, &format!(">\n{words}\n</text>"))
}

/// The two-bin example of pyhf 0.7.6: CLs at 0, 0.5, 1, 1.5, and its limits.
fn two_bins() -> BrazilPlot {
    BrazilPlot {
        poi_name: "mu".to_owned(),
        level: 0.95,
        tested: vec![0.0, 0.5, 1.0, 1.5],
        cls_obs: vec![1.0, 0.291, 0.0525, 0.0052],
        cls_exp: vec![
            [1.0; 5],
            [0.068, 0.157, 0.321, 0.563, 0.799],
            [0.0026, 0.0138, 0.0644, 0.235, 0.575],
            [0.0000, 0.0005, 0.0061, 0.050, 0.260],
        ],
        limit_obs: Some(1.01156939),
        limit_exp: [0.55988001, 0.75702336, 1.06234693, 1.50116923, 2.05078596].map(Some),
        log_y: false,
    }
}

#[test]
fn a_brazil_plot_has_bands_curves_and_limits() {
    let svg = drawn(&brazil(&two_bins()));
    assert_eq!(elements(&svg, "polygon", TWO_SIGMA), 1 + 1);
    assert_eq!(elements(&svg, "polygon", ONE_SIGMA), 1 + 1);
    assert_eq!(elements(&svg, "circle", Colour::BLACK), 4 + 1);
    assert_eq!(elements(&svg, "polyline", Colour::VERMILLION), 1 + 1);
    assert_eq!(elements(&svg, "polygon", Colour::BLUE), 4 + 1);
    let labels = [
        "CLs = 0.05",
        "observed limit 1.012",
        "expected limit 1.062 (0.757 to 1.501)",
        "Upper limit on mu at 95 % CL",
        "observed",
        "expected median",
    ];
    for label in labels {
        assert_eq!(words(&svg, label), 1, "{label}");
    }
}

#[test]
fn a_brazil_plot_shows_what_there_is() {
    let mut plot = BrazilPlot { log_y: true, ..two_bins() };
    plot.cls_obs[2] = NAN;
    plot.cls_exp[3] = [NAN; 5];
    plot.limit_exp = [None, None, Some(1.0), None, None];
    let svg = drawn(&brazil(&plot));
    assert_eq!(elements(&svg, "circle", Colour::BLACK), 3 + 1);
    assert_eq!(words(&svg, "expected limit 1"), 1);
    assert_eq!(elements(&svg, "polygon", Colour::BLUE), 0);
    assert!(words(&svg, "10⁻²") == 1 && words(&svg, "10⁻¹") == 1);
    let none = BrazilPlot { cls_obs: vec![], cls_exp: vec![], limit_obs: None, ..plot.clone() };
    let none = drawn(&brazil(&BrazilPlot { tested: vec![], limit_exp: [None; 5], ..none }));
    assert_eq!(words(&none, "no data"), 1);
    assert_eq!(words(&none, "observed"), 0);
    plot.cls_exp.pop();
    let refused = brazil(&plot).write_file(Path::new("limit.pdf")).unwrap_err();
    assert!(matches!(refused, FigureError::Lengths { expected: 4, found: 3, .. }));
}

fn parameter(name: &str, impact: f64) -> RankedParameter {
    RankedParameter {
        name: name.to_owned(),
        pull: Some(0.3),
        constraint: Some(0.9),
        fitted: 0.3,
        impact_up: impact,
        impact_down: -0.8 * impact,
        prefit_up: Some(1.2 * impact),
        prefit_down: Some(-impact),
    }
}

#[test]
fn a_ranking_has_the_largest_impact_on_top() {
    let parameters = [parameter("small", 0.01), parameter("large", -0.3), parameter("medium", 0.1)];
    let figure = ranking(&parameters, "mu", 2);
    let page = figure.page(Path::new("test.svg")).unwrap();
    let names: Vec<&str> = page.panels[0].y_ticks.major.iter().map(|(_, name)| &**name).collect();
    assert_eq!(names, ["medium", "large"]);
    let svg = drawn(&figure);
    assert_eq!(words(&svg, "small"), 0);
    assert_eq!(words(&svg, "The 2 largest impacts of 3"), 1);
    assert_eq!(words(&svg, "Δmu"), 1);
    for colour in [Colour::BLUE, Colour::ORANGE] {
        assert_eq!(elements(&svg, "polygon", colour), 2 + 1, "filled after the fit");
        assert_eq!(elements(&svg, "polyline", colour), 2 + 1, "hollow before the fit");
    }
    assert_eq!(elements(&svg, "circle", Colour::BLACK), 2 + 1);
    assert_eq!(words(&drawn(&ranking(&parameters, "mu", 30)), "Impacts and pulls"), 1);
}

#[test]
fn parameters_without_pull_or_impact_still_have_a_row() {
    let free = RankedParameter {
        pull: None,
        constraint: None,
        fitted: 1.0721,
        prefit_up: None,
        prefit_down: None,
        ..parameter("norm", 0.2)
    };
    let failed = RankedParameter { impact_up: NAN, impact_down: NAN, ..parameter("failed", 0.1) };
    let figure = ranking(&[failed, free.clone()], "mu", 20);
    let svg = drawn(&figure);
    assert!(words(&svg, "1.072") == 1 && words(&svg, "failed") == 1);
    assert_eq!(elements(&svg, "polygon", Colour::BLUE), 1 + 1);
    assert_eq!(words(&svg, "before the fit, +1 σ"), 1);
    let only_after = drawn(&ranking(&[free], "mu", 20));
    assert_eq!(words(&only_after, "before the fit, +1 σ"), 0);
    let page = figure.page(Path::new("test.svg")).unwrap();
    assert_eq!(page.panels[0].y_ticks.major[0].1, "failed", "at the bottom");
    assert_eq!(words(&drawn(&ranking(&[], "mu", 20)), "no data"), 1);
}

#[test]
fn far_pulls_widen_their_axis() {
    let far = RankedParameter { pull: Some(-3.4), ..parameter("far", 0.1) };
    let figure = ranking(&[far], "mu", 20);
    let page = figure.page(Path::new("test.svg")).unwrap();
    let x = page.panels[0].x;
    assert_eq!((x.low, x.high), (-5.0, 5.0));
}

#[test]
fn scans_have_rises_fit_and_interval() {
    let values: Vec<f64> = (0..21).map(|at| 0.1 * f64::from(at)).collect();
    let rises: Vec<f64> = values.iter().map(|x| ((x - 1.0) / 0.4).powi(2)).collect();
    let mut given = LikelihoodScan {
        name: "mu".to_owned(),
        values,
        statistical_rises: rises.iter().map(|rise| 2.0 * rise).collect(),
        rises,
        fitted: Some(1.0),
        interval: [Some(0.6), Some(1.45)],
    };
    let svg = drawn(&scan(&given));
    for label in ["1 σ: 68.3 %", "2 σ: 95.4 %", "mu = 1, +0.45 −0.4", "nuisance parameters fixed"]
    {
        assert_eq!(words(&svg, label), 1, "{label}");
    }
    assert_eq!(elements(&svg, "circle", Colour::BLACK), 1 + 1);
    given.rises[3] = NAN;
    given.statistical_rises.clear();
    given.interval = [None, Some(1.4)];
    let svg = drawn(&scan(&given));
    assert_eq!(elements(&svg, "polyline", Colour::BLUE), 2 + 1, "a gap");
    assert_eq!(words(&svg, "mu = 1, +0.4"), 1);
    let empty = LikelihoodScan {
        name: "mu".to_owned(),
        values: vec![],
        rises: vec![],
        statistical_rises: vec![],
        fitted: None,
        interval: [None; 2],
    };
    assert_eq!(words(&drawn(&scan(&empty)), "no data"), 1);
}

#[test]
fn planes_have_contours_at_both_levels() {
    let x: Vec<f64> = (0..41).map(|at| -1.0 + 0.1 * f64::from(at)).collect();
    let rise = |x: f64, y: f64| ((x - 1.0) / 0.5).powi(2) + ((y - 1.0) / 0.6).powi(2);
    let mut given = LikelihoodPlane {
        x_name: "mu".to_owned(),
        y_name: "norm".to_owned(),
        rises: x.iter().flat_map(|&y| x.iter().map(move |&x| rise(x, y))).collect(),
        y: x.clone(),
        x,
        fitted: Some((1.0, 1.0)),
        reference: Some(("Standard Model".to_owned(), 1.0, 0.5)),
    };
    let svg = drawn(&plane(&given));
    assert_eq!(words(&svg, "best fit (1, 1)"), 1);
    assert_eq!(words(&svg, "−2 Δ ln L"), 1);
    let solid = |svg: &str| {
        let long = |line: &&str| line.starts_with("<polyline ") && line.matches(' ').count() > 40;
        svg.lines().filter(long).count()
    };
    assert_eq!(solid(&svg), 1, "the inner contour is one closed line");
    assert_eq!(elements(&svg, "circle", Colour::VERMILLION), 1 + 1);
    given.rises.fill(NAN);
    (given.fitted, given.reference) = (None, None);
    assert_eq!(words(&drawn(&plane(&given)), "no data"), 1);
    given.rises.pop();
    let refused = plane(&given).write_file(Path::new("plane.svg")).unwrap_err();
    assert!(matches!(refused, FigureError::Lengths { expected: 1681, found: 1680, .. }));
    let one = LikelihoodPlane { x: vec![1.0], y: vec![2.0], rises: vec![0.5], ..given };
    assert_eq!(words(&drawn(&plane(&one)), "no data"), 0);
}

#[test]
fn exclusions_have_contours_a_band_and_both_kinds_of_points() {
    let square = |half: f64| vec![(-half, -half), (half, -half), (half, half), (-half, half)];
    let signal = |x, is_excluded| TestedSignal { x, y: 0.0, is_excluded };
    let given = ExclusionPlane {
        x_label: "m(A) [GeV]".to_owned(),
        y_label: "m(B) [GeV]".to_owned(),
        title: "Exclusion at 95 % CL".to_owned(),
        observed: vec![square(1.6), square(0.2)],
        expected: vec![square(1.5)],
        band: vec![Region { border: square(2.0), holes: vec![square(1.0)] }],
        signals: vec![signal(0.0, true), signal(0.5, true), signal(3.0, false)],
    };
    let svg = drawn(&exclusion(&given));
    assert_eq!(elements(&svg, "polygon", TWO_SIGMA), 1 + 1);
    assert_eq!(elements(&svg, "polyline", Colour::VERMILLION), 2 + 1);
    assert_eq!(elements(&svg, "circle", Colour::BLUE), 2 + 1 + 1 + 1);
    assert_eq!(elements(&svg, "circle", Colour(255, 255, 255)), 1 + 1);
    for label in ["expected ±1 σ", "expected limit", "observed limit", "excluded", "not excluded"]
    {
        assert_eq!(words(&svg, label), 1, "{label}");
    }
    let hidden = signal(NAN, true);
    let few = ExclusionPlane { signals: vec![hidden, signal(1.0, true)], ..Default::default() };
    let svg = drawn(&exclusion(&few));
    assert_eq!(elements(&svg, "circle", Colour::BLUE), 1 + 1);
    assert_eq!(words(&svg, "not excluded"), 0);
    assert_eq!(words(&drawn(&exclusion(&ExclusionPlane::default())), "no data"), 1);
}

#[test]
fn toys_have_a_histogram_each_and_the_observed_value() {
    let hypothesis = |name: &str, end: f64| ToyHypothesis {
        name: name.to_owned(),
        values: (0..1_000).map(|at| end * (f64::from(at) / 1e3).powi(3)).chain([NAN]).collect(),
        density: vec![],
    };
    let mut given = ToyDistributions {
        statistic: "q".to_owned(),
        hypotheses: vec![hypothesis("signal", 5.0), hypothesis("background", 12.0)],
        observed: Some(2.5),
    };
    given.hypotheses[0].density = vec![(0.5, 1.0), (1.0, 0.5), (2.0, 0.1)];
    let svg = drawn(&toys(&given));
    let labels =
        ["signal (1000 toys)", "background (1000 toys)", "signal, asymptotic", "observed: 2.5"];
    for label in labels {
        assert_eq!(words(&svg, label), 1, "{label}");
    }
    assert_eq!(words(&svg, "background, asymptotic"), 0);
    assert_eq!(words(&drawn(&toys(&ToyDistributions::default())), "no data"), 1);
    let one = ToyHypothesis { values: vec![0.0], ..Default::default() };
    let one = ToyDistributions { hypotheses: vec![one], ..Default::default() };
    assert_eq!(words(&drawn(&toys(&one)), "no data"), 0);
}

#[test]
fn correlations_start_on_top_and_few_are_written() {
    let matrix = |count: usize| CorrelationMatrix {
        names: (0..count).map(|at| format!("p{at}")).collect(),
        values: (0..count * count)
            .map(|at| if at % (count + 1) == 0 { 1.0 } else { -0.25 })
            .collect(),
        selection: "|ρ| > 0.2".to_owned(),
    };
    let mut few = matrix(3);
    few.values[1] = NAN;
    let figure = correlations(&few);
    let page = figure.page(Path::new("test.svg")).unwrap();
    let first = |ticks: &ticks::Ticks| ticks.major[0].1.clone();
    assert_eq!(
        (first(&page.panels[0].x_ticks), first(&page.panels[0].y_ticks)),
        ("p0".to_owned(), "p2".to_owned())
    );
    let svg = drawn(&figure);
    assert_eq!(words(&svg, "−0.25"), 5 + 1, "one is a tick of the bar");
    assert_eq!(elements(&svg, "rect", Colour::VERMILLION), 3 + 1);
    assert_eq!(words(&svg, "Correlations, |ρ| &gt; 0.2"), 1);
    assert_eq!(words(&drawn(&correlations(&matrix(20))), "−0.25"), 1);
    assert_eq!(words(&drawn(&correlations(&CorrelationMatrix::default())), "no data"), 1);
    few.values.pop();
    let refused = correlations(&few).write_file(Path::new("rho.svg")).unwrap_err();
    assert!(matches!(refused, FigureError::Lengths { expected: 9, found: 8, .. }));
}
