//! Figures of yields.

use super::super::yields::{
    ChannelYields, FitStage, SampleYields, YieldsOptions, channel, channels,
};
use super::*;

const PRE_FIT: YieldsOptions = YieldsOptions { stage: FitStage::PreFit, log_y: false };

fn sample(name: &str, events: &[f64]) -> SampleYields {
    SampleYields { name: name.to_owned(), events: events.to_vec() }
}

/// The two-bin example of pyhf.
fn two_bins() -> ChannelYields {
    ChannelYields {
        name: "SR".to_owned(),
        x_label: String::new(),
        edges: None,
        samples: vec![sample("background", &[50.0, 52.0]), sample("signal", &[12.0, 11.0])],
        uncertainties: vec![3.0, 7.0],
        data: vec![51.0, 48.0],
    }
}

fn drawn(figure: &Figure) -> String {
    let svg = svg(figure);
    assert!(!svg.contains("NaN") && !svg.contains("inf,"));
    svg
}

#[test]
fn a_channel_has_a_stack_a_band_points_and_a_ratio() {
    for log_y in [false, true] {
        let options = YieldsOptions { log_y, ..PRE_FIT };
        let figure = channel(&two_bins(), &options);
        let svg = drawn(&figure);
        assert_eq!(elements(&svg, "polygon", Colour::BLUE.tint(0.55)), 1 + 1);
        assert_eq!(elements(&svg, "polygon", Colour::ORANGE.tint(0.55)), 1 + 1);
        assert_eq!(elements(&svg, "polygon", Colour::GREY), 1 + 1 + 1, "a band in each panel");
        assert_eq!(elements(&svg, "circle", Colour::BLACK), 2 + 1 + 2);
        for words in ["SR, pre-fit", "data", "total uncertainty", "bin", "data / pred."] {
            assert_eq!(count(&svg, &format!(">\n{words}\n")), 1, "{words}");
        }
        let page = figure.page(Path::new("test.svg")).unwrap();
        let [above, below] = &page.panels[..] else { panic!("two panels") };
        assert!(above.plot.height() > 2.0 * below.plot.height());
        assert_eq!((above.x.low, above.x.high), (0.5, 2.5));
        // With its error bar, 48 / 63 reaches furthest from 1.
        assert!(below.y.low > 0.5 && below.y.low < 41.0 / 63.0, "{:?}", below.y);
    }
}

#[test]
fn bins_without_events_data_or_prediction_leave_gaps() {
    let mut odd = two_bins();
    odd.samples = vec![sample("background", &[0.0, 52.0, f64::NAN, 1.0])];
    odd.uncertainties = vec![0.0, 7.0, 1.0, 0.3];
    odd.data = vec![3.0, f64::NAN, 2.0, 9.0];
    for log_y in [false, true] {
        let svg = drawn(&channel(&odd, &YieldsOptions { log_y, ..PRE_FIT }));
        // There are three on the stack and one in the legend; the ratios 3 / 0 and 9 / 1 are beyond
        // the axis.
        assert_eq!(elements(&svg, "circle", Colour::BLACK), 3 + 1);
        assert_eq!(elements(&svg, "polygon", Colour::BLACK), 2);
    }
}

#[test]
fn channels_without_data_have_no_ratio() {
    let blind = ChannelYields { data: vec![], uncertainties: vec![], ..two_bins() };
    let figure = channel(&blind, &PRE_FIT);
    assert_eq!(figure.page(Path::new("test.svg")).unwrap().panels.len(), 1);
    let svg = drawn(&figure);
    assert_eq!(count(&svg, ">\nbin\n"), 1);
    assert_eq!(count(&svg, ">\ntotal uncertainty\n"), 0);
    let empty = ChannelYields { samples: vec![], ..blind };
    assert_eq!(count(&drawn(&channel(&empty, &PRE_FIT)), "no data"), 1);
}

#[test]
fn a_page_has_three_channels_in_a_row() {
    let blind = ChannelYields { data: vec![], ..two_bins() };
    let options = YieldsOptions { stage: FitStage::PostFit, log_y: false };
    let given = [two_bins(), blind.clone(), two_bins(), two_bins()];
    let figure = channels(&given, &options);
    let page = figure.page(Path::new("test.svg")).unwrap();
    assert_eq!((page.width, page.panels.len()), (1800, 12));
    let shown = page.panels.iter().filter(|placed| !placed.panel.is_blank);
    assert_eq!(shown.count(), 4 + 3);
    let svg = drawn(&figure);
    assert_eq!(count(&svg, ">\npost-fit\n"), 1);
    assert_eq!(count(&svg, ">\nSR\n"), 4);
    assert_eq!(count(&svg, "data / pred."), 3);
    let blind = channels(&[blind.clone(), blind], &options);
    assert_eq!(blind.page(Path::new("test.svg")).unwrap().panels.len(), 2);
    assert_eq!(count(&drawn(&channels(&[], &options)), "<text"), 1, "the title alone");
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    let refuse = |yields: ChannelYields| {
        channel(&yields, &PRE_FIT).write_file(Path::new("yields.svg")).unwrap_err()
    };
    let edges = ChannelYields { edges: Some(vec![0.0, 1.0]), ..two_bins() };
    let data = ChannelYields { data: vec![1.0], ..two_bins() };
    let band = ChannelYields { uncertainties: vec![1.0], ..two_bins() };
    let mut events = two_bins();
    events.samples[1].events.pop();
    for yields in [edges, data, band, events] {
        assert!(matches!(refuse(yields), FigureError::Lengths { .. }));
    }
}

#[test]
fn stages_are_read_by_name() {
    assert_eq!("post-fit".parse(), Ok(FitStage::PostFit));
    assert_eq!(FitStage::PreFit.name(), "pre-fit");
    assert!("postfit".parse::<FitStage>().is_err());
}
