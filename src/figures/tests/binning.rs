//! Figures of binnings, for each kind of report.

use super::super::binning::{comparison, components, history, spectrum, stacks, uncertainties};
use super::*;
use crate::analyses::FigureOfMerit;
use crate::analyses::binning::{
    Background, BinOrder, BinnedColumn, BinningDescent, BinningOptimizer, BinningOptions,
    BinningProblem, BinningReport, CategoryModel, MixtureMeans, NamedSample, ProcessData,
};
use crate::events::EventSample;
use crate::events::toys::{BinningToy, GaussianToy};
use crate::optimize::Persistence;

const TOY: GaussianToy = GaussianToy { signal_events: 500, background_events: 1_500 };

fn data(toy: &BinningToy) -> ProcessData<'_> {
    let named = |sample| NamedSample { name: EventSample::name(sample).to_owned(), sample };
    let background = |sample| Background { nominal: named(sample), shapes: Vec::new() };
    ProcessData {
        signals: toy.signals.iter().map(named).collect(),
        backgrounds: toy.backgrounds.iter().map(background).collect(),
    }
}

fn columns(names: &[&str]) -> Vec<BinnedColumn> {
    let column = |name: &&str| BinnedColumn { name: (*name).to_owned(), range: Some((0.0, 1.0)) };
    names.iter().map(column).collect()
}

fn scores() -> Vec<BinnedColumn> {
    columns(&["score_signal1", "score_signal2"])
}

fn contiguous() -> CategoryModel {
    CategoryModel::Boundaries(columns(&["discriminant"]).remove(0))
}

fn descend(problem: &BinningProblem, bins: usize, mut descent: BinningDescent) -> BinningReport {
    descent.training.steps = 3;
    descent.fine_bins = 50;
    let optimizer = BinningOptimizer::new(problem, descent).unwrap();
    optimizer.descend(bins, Persistence::default(), &mut |_| ()).unwrap()
}

/// The drawn panels of a figure that must exist.
fn drawn(figure: Option<Figure>) -> (Vec<Panel>, String) {
    let figure = figure.expect("a figure");
    let svg = svg(&figure);
    assert_eq!(count(&svg, "no data"), 0);
    (figure.panels, svg)
}

#[test]
fn contiguous_bins_are_compared_with_bins_of_equal_width() {
    let toy = TOY.one_signal(1);
    let problem =
        BinningProblem::new(&data(&toy), &contiguous(), BinningOptions::default()).unwrap();
    let report = descend(&problem, 4, BinningDescent::default());
    let (panels, _) = drawn(Some(stacks(&problem, &report)));
    let titles: Vec<&str> =
        panels.iter().map(|panel| panel.title.split(':').next().unwrap()).collect();
    assert_eq!(titles, ["bins of equal width", "optimised bins"].repeat(2));
    assert!(panels.iter().all(|panel| panel.x_range == Some((0.5, 4.5))));
    assert!(panels.iter().all(|panel| panel.x_scale == Scale::Whole), "bins are counted");
    let (panels, svg) = drawn(spectrum(&problem, &report));
    assert_eq!(count(&svg, ">\noptimised boundaries\n"), 1, "one entry for all");
    assert_eq!(panels[0].series.iter().filter(|series| !series.is_data()).count(), 3);
    let (panels, _) = drawn(history(&problem, &report));
    let boundaries = panels.iter().find(|panel| panel.y_label.starts_with("boundaries"));
    assert_eq!(boundaries.expect("a panel").series.len(), 3 + 1, "and the result");
    drawn(Some(uncertainties(&problem, &report)));
    let (panels, _) = drawn(Some(comparison(&problem, std::slice::from_ref(&report))));
    assert_eq!(panels[0].series.len(), 2 * 3, "equal width, exact, optimised");
    assert_eq!(panels[0].x_scale, Scale::Whole, "numbers of bins");
    assert_eq!(components(&problem, &report), None);
    let exact = BinningReport { descent: None, ..report };
    assert_eq!(history(&problem, &exact), None);
}

#[test]
fn mixtures_are_mapped_in_the_order_of_their_bins() {
    let toy = TOY.two_signals(1);
    let model = CategoryModel::Mixture(scores(), MixtureMeans::Simplex);
    let options = BinningOptions { order: BinOrder::Significance, ..BinningOptions::default() };
    let problem = BinningProblem::new(&data(&toy), &model, options).unwrap();
    let report = descend(&problem, 3, BinningDescent::mixture());
    let (panels, _) = drawn(Some(stacks(&problem, &report)));
    assert_eq!(panels.len(), 2, "one for each axis");
    let (panels, svg) = drawn(components(&problem, &report));
    assert_eq!(count(&svg, ">\ncomponents, 1 sigma\n"), 1);
    let mut filled = 0;
    for series in &panels[0].series {
        if let series::Mark::Cells { filled: cells, .. } = &series.mark {
            filled += cells.iter().filter(|cell| **cell).count();
        }
    }
    assert!((19_800..20_200).contains(&filled), "half of the square is blank: {filled}");
    let (panels, _) = drawn(history(&problem, &report));
    assert!(panels.iter().all(|panel| !panel.y_label.starts_with("boundaries")));
    let (panels, svg) = drawn(Some(comparison(&problem, std::slice::from_ref(&report))));
    assert_eq!(panels[0].series.len(), 2 * 3, "each column alone, optimised");
    assert_eq!(count(&svg, ">\nbest bins of score_signal2 alone\n"), 1);
    drawn(Some(uncertainties(&problem, &report)));
    assert_eq!(spectrum(&problem, &report), None);
}

#[test]
fn products_are_mapped_without_components() {
    let toy = TOY.two_signals(2);
    let problem = BinningProblem::new(
        &data(&toy),
        &CategoryModel::Product(scores()),
        BinningOptions::default(),
    )
    .unwrap();
    let report = descend(&problem, 2, BinningDescent::default());
    let (panels, svg) = drawn(components(&problem, &report));
    assert_eq!(count(&svg, "components, 1 sigma"), 0);
    let maps = panels[0].series.iter().filter(|series| series.fills_the_plane());
    assert_eq!(maps.count(), 4);
    let (panels, _) = drawn(history(&problem, &report));
    let boundaries = panels.iter().filter(|panel| panel.y_label.starts_with("boundaries"));
    assert_eq!(boundaries.count(), 2, "one a column");
}

#[test]
fn p_values_are_named_on_axes_and_in_titles() {
    let toy = TOY.one_signal(3);
    let options = BinningOptions { objective: FigureOfMerit::Cls, ..BinningOptions::default() };
    let problem = BinningProblem::new(&data(&toy), &contiguous(), options).unwrap();
    let report = descend(&problem, 2, BinningDescent::default());
    let (panels, _) = drawn(Some(stacks(&problem, &report)));
    assert!(panels[1].title.starts_with("optimised bins: CLs "), "{}", panels[1].title);
    let axis = "Φ⁻¹(1 − CLs) [standard deviations]";
    assert_eq!(drawn(history(&problem, &report)).0[0].y_label, axis);
    assert_eq!(drawn(Some(comparison(&problem, &[report]))).0[0].y_label, axis);
}
