//! Polygons, boxes, bars, names at ticks, second scales, and rows of different heights.

use super::*;

const PAGE: &str = "test.svg";

#[test]
fn polygons_are_parted_by_gaps_and_cut_at_the_border() {
    let (x, y) = ([0.0, 1.0, 1.0, f64::NAN, 2.0, 9.0, 9.0], [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let polygons = Series::polygons("region", &x, &y).colour(Colour::GREEN);
    let drawn = |series: Series| {
        svg(&Figure::from(Panel::new("x", "y").with(series).x_range(0.0, 4.0).y_range(0.0, 1.0)))
    };
    let filled = drawn(polygons.clone());
    assert_eq!(elements(&filled, "polygon", Colour::GREEN), 2 + 1);
    assert_eq!(elements(&filled, "polyline", Colour::GREEN), 0);
    let hollow = drawn(polygons.hollow());
    assert_eq!(elements(&hollow, "polygon", Colour::GREEN), 0);
    // The second one is open where it leaves the plot.
    assert_eq!(elements(&hollow, "polyline", Colour::GREEN), 1 + 2 + 1);
    let short = Panel::new("x", "y").with(Series::polygons("short", &x, &y[..5]));
    let refused = Figure::from(short).write_file(Path::new(PAGE)).unwrap_err();
    assert!(matches!(refused, FigureError::Lengths { expected: 7, found: 5, .. }));
}

#[test]
fn boxes_with_an_end_that_is_not_finite_are_left_out() {
    let sides = [[0.0, 1.0, 0.0, 1.0], [0.0, f64::NAN, 1.0, 2.0], [1.0, 2.0, 1.0, f64::INFINITY]];
    let boxes = Series::boxes("", &sides).colour(Colour::GREEN);
    let drawn = svg(&Figure::from(Panel::new("x", "y").with(boxes)));
    assert_eq!(elements(&drawn, "polygon", Colour::GREEN), 1);
    let nothing = svg(&Figure::from(Panel::new("x", "y").with(Series::boxes("", &sides[1..]))));
    assert_eq!(count(&nothing, "no data"), 1);
}

#[test]
fn bars_stand_or_lie_and_fall_through_a_logarithmic_axis() {
    let low = [0.0, 1.0, f64::NAN];
    let high = [2.0, 3.0, 4.0];
    let bars = |upright: bool| {
        let make = if upright { Series::vertical_bars } else { Series::horizontal_bars };
        Panel::new("x", "y").with(make("bars", &X[..3], &low, &high).colour(Colour::BLUE))
    };
    for (panel, count) in [(bars(true), 2), (bars(false), 2), (bars(true).log_y(), 2)] {
        assert_eq!(elements(&svg(&Figure::from(panel)), "polyline", Colour::BLUE), count + 1);
    }
    // A horizontal bar has no end at 0, which a logarithmic axis does not have.
    let lying = svg(&Figure::from(bars(false).log_x()));
    assert_eq!(elements(&lying, "polyline", Colour::BLUE), 1 + 1);
    let short = Series::vertical_bars("short", &X[..3], &low, &high[..2]);
    let refused = Figure::from(Panel::new("x", "y").with(short)).write_file(Path::new(PAGE));
    assert!(matches!(refused.unwrap_err(), FigureError::Lengths { expected: 3, found: 2, .. }));
}

#[test]
fn arrows_have_heads_within_the_plot_where_they_have_a_length() {
    // In turn: a whole arrow, one of zero length, one with its tip outside, one without an end.
    let ends = [
        [0.0, 0.0, 1.0, 1.0],
        [0.5, 0.5, 0.5, 0.5],
        [0.0, 1.0, 3.0, 1.0],
        [0.0, 0.0, f64::NAN, 1.0],
    ];
    let arrows = Series::arrows("slope", &ends).colour(Colour::GREEN);
    let panel = Panel::new("x", "y").with(arrows).x_range(0.0, 2.0).y_range(0.0, 2.0);
    let drawn = svg(&Figure::from(panel));
    assert_eq!(elements(&drawn, "polygon", Colour::GREEN), 1);
    // These are the shafts of the whole arrow and of the one that leaves, and the legend's line.
    assert_eq!(elements(&drawn, "polyline", Colour::GREEN), 2 + 1);
}

#[test]
fn names_stand_at_rows_and_columns_and_lose_their_middle() {
    let long = "a_name_of_a_systematic_uncertainty_that_is_longer_than_a_third_of_the_page";
    let names = ["lumi", long, "mu"];
    let panel = Panel::new("", "").points("", &[0.5], &[0.5]).x_range(0.0, 3.0).y_range(0.0, 3.0);
    let figure = Figure::from(panel.x_names(&names).y_names(&names).square());
    let page = figure.page(Path::new(PAGE)).unwrap();
    let placed = &page.panels[0];
    assert!((placed.plot.width() - placed.plot.height()).abs() < 1e-9);
    for ticks in [&placed.x_ticks, &placed.y_ticks] {
        assert_eq!(ticks.major.len(), 3);
        assert_eq!(ticks.major[2], (2.5, "mu".to_owned()));
        assert!(ticks.major[1].1.contains('…') && ticks.minor.is_empty());
    }
    let lowest = placed.plot.bottom + ticks::TICK_GAP + ticks::widest(&placed.x_ticks);
    assert!(lowest < f64::from(page.height) - 4.0);
    let drawn = svg(&figure);
    assert_eq!(count(&drawn, ">\nlumi\n"), 2);
    assert_eq!(count(&drawn, "rotate(270"), 3, "the names of columns run upwards");
}

#[test]
fn of_too_many_names_only_some_are_written() {
    let names: Vec<String> = (0..300).map(|at| format!("p{at}")).collect();
    let panel = Panel::new("x", "").points("", &X, &X).y_names(&names).y_range(0.0, 300.0);
    let figure = Figure::from(panel);
    let page = figure.page(Path::new(PAGE)).unwrap();
    let placed = &page.panels[0];
    let step = placed.plot.height() / placed.y_ticks.major.len() as f64;
    assert!(step > text::TICK_SIZE && placed.y_ticks.major.len() > 10, "{step}");
}

#[test]
fn a_second_scale_has_ticks_and_a_label_between_legend_and_plot() {
    let panel = Panel::new("pull", "").line("a", &X, &Y).x_range(-2.0, 2.0);
    let figure = Figure::from(panel.clone().upper_x("impact", -0.5, 0.5));
    let page = figure.page(Path::new(PAGE)).unwrap();
    let placed = &page.panels[0];
    let upper = placed.upper.as_ref().unwrap();
    let zero = upper.words(&placed.plot).into_iter().find(|(label, _)| *label == "0.0").unwrap();
    assert!((zero.1.0 - placed.plot.centre().0).abs() < 1e-9);
    let (_, (_, label)) = upper.title(&placed.plot)[0];
    let legend = placed.legend.entries[0].at.1;
    assert!(legend < label - text::LABEL_SIZE && label < zero.1.1 - text::TICK_SIZE);
    assert_eq!(count(&svg(&figure), ">\nimpact\n"), 1);
    let refused = Figure::from(panel.upper_x("", 1.0, 1.0)).write_file(Path::new(PAGE));
    assert!(matches!(refused.unwrap_err(), FigureError::Range { axis: "upper x", .. }));
}

#[test]
fn rows_have_heights_in_proportion_and_blank_panels_take_none() {
    let panel = || Panel::new("x", "y").line("", &X, &Y);
    let figure = Figure::new().columns(2).panel(panel()).panel(Panel::blank());
    let figure = figure.panel(panel().height(0.5)).panel(Panel::blank()).size(800, 800);
    let page = figure.page(Path::new(PAGE)).unwrap();
    let heights: Vec<f64> = page.panels.iter().map(|placed| placed.plot.height()).collect();
    assert!(heights[0] > 1.8 * heights[2], "{heights:?}");
    let both = svg(&Figure::new().panel(panel()));
    let blank = svg(&Figure::new().panel(panel()).panel(Panel::blank()));
    assert_eq!(count(&both, "<text"), count(&blank, "<text"));
}

#[test]
fn centred_words_are_centred_and_bare_ones_have_no_paper() {
    let words =
        |series: Series| svg(&Figure::from(Panel::new("x", "y").line("", &X, &Y).with(series)));
    let [beside, centred, bare] = [
        words(Series::text(2.0, 4.0, "here")),
        words(Series::text(2.0, 4.0, "here").centred()),
        words(Series::text(2.0, 4.0, "here").bare()),
    ];
    let white = Colour(255, 255, 255);
    let papers = [&beside, &centred, &bare].map(|svg| elements(svg, "polygon", white));
    assert_eq!(papers, [2, 2, 1]);
    let place = |svg: &str| {
        let line = svg.lines().rev().skip_while(|line| *line != "here").nth(1).unwrap();
        line.split("x=\"").nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap()
    };
    assert!(place(&centred) < place(&beside) && place(&centred) == place(&bare));
}

#[test]
fn palettes_run_both_ways_and_around_zero() {
    let map = Series::map("", &X[..3], &X[..2], &[-1.0, 1.0]).colour_range(-1.0, 1.0);
    let cells = |map: Series| svg(&Figure::from(Panel::new("x", "y").with(map)));
    // Each colour belongs to a cell and to a slice of the bar.
    let drawn = cells(map.clone().diverging());
    assert_eq!(elements(&drawn, "rect", Colour::BLUE), 2);
    assert_eq!(elements(&drawn, "rect", Colour::VERMILLION), 2);
    assert_eq!(cells(map.clone().reversed()).len(), cells(map.clone()).len());
    assert_ne!(cells(map.clone().reversed()), cells(map));
    assert_eq!(Series::line("", &X, &Y).diverging(), Series::line("", &X, &Y));
}
