//! Two-dimensional maps, ellipses and stacks on logarithmic axes.

use super::super::geometry::Rect;
use super::super::series::Mark;
use super::*;

/// Cells of a fine grid whose category changes along slanted lines, so that edges of cells fall
/// between pixels.
fn slanted() -> (Vec<f64>, Vec<Option<usize>>) {
    let edges: Vec<f64> = (0..38).map(|at| f64::from(at) / 37.0).collect();
    let cell = |at: usize| Some(((at % 37) + 2 * (at / 37)) / 28);
    (edges, (0..37 * 37).map(cell).collect())
}

fn pixels_in(picture: &Pixmap, placed: &Rect) -> Vec<(u8, u8, u8)> {
    let inner = |end: f64, sign: f64| (2.0 * (end + 10.0 * sign)) as u32;
    let (x0, x1) = (inner(placed.left, 1.0), inner(placed.right, -1.0));
    let (y0, y1) = (inner(placed.top, 1.0), inner(placed.bottom, -1.0));
    let pixel = |x, y| {
        let pixel = picture.pixel(x, y).unwrap();
        (pixel.red(), pixel.green(), pixel.blue())
    };
    (y0..y1).flat_map(|y| (x0..x1).map(move |x| pixel(x, y))).collect()
}

fn plot(figure: &Figure) -> Rect {
    figure.page(Path::new("test.svg")).unwrap().panels[0].plot
}

#[test]
fn categories_leave_no_gaps_between_cells() {
    let (edges, cells) = slanted();
    let labels = ["bin 1", "bin 2", "bin 3", "bin 4"];
    let panel = Panel::new("x", "y").categories(&edges, &edges, &cells, &labels);
    let figure = Figure::from(panel).size(613, 517);
    let picture = Pixmap::decode_png(&png(&figure)).unwrap();
    let colours: Vec<_> = (0..4).map(Colour::category).map(|c| (c.0, c.1, c.2)).collect();
    for pixel in pixels_in(&picture, &plot(&figure)) {
        assert!(colours.contains(&pixel), "{pixel:?} is of no category");
    }
    let svg = svg(&figure);
    for label in labels {
        assert_eq!(count(&svg, &format!(">\n{label}\n")), 1);
    }
    assert_eq!(count(&svg, "<rect "), count(&svg, "<rect shape-rendering=\"crispEdges\" "));
}

#[test]
fn categories_are_rectangles_in_their_colours_with_a_sample_each() {
    let cells = [Some(0), Some(0), None, Some(0), Some(0), Some(2)];
    let panel = |labels: &[&str]| {
        let (x, y) = ([0.0, 1.0, 2.0, 5.0], [-1.0, 0.0, 3.0]);
        Panel::new("x", "y").categories(&x, &y, &cells, labels)
    };
    let drawn = svg(&Figure::from(panel(&["a", "b"]).colour("a", Colour::SKY)));
    assert_eq!(elements(&drawn, "rect", Colour::SKY), 1, "four cells of one rectangle");
    assert_eq!(elements(&drawn, "polygon", Colour::SKY), 1, "the legend's sample");
    assert_eq!(elements(&drawn, "rect", Colour::category(2)), 1, "a category without a label");
    assert_eq!(elements(&drawn, "polygon", Colour::category(1)), 1, "a label without cells");
    let beyond = panel(&[]).with(Series::ellipse("", (0.0, 0.0), [1.0, 0.0, 1.0], 2.0));
    let figure = Figure::from(beyond);
    let page = figure.page(Path::new("test.svg")).unwrap();
    let (x, y) = (page.panels[0].x, page.panels[0].y);
    assert_eq!([x.low, x.high, y.low, y.high], [0.0, 5.0, -1.0, 3.0], "the grid's ends");
    assert!(page.panels[0].legend.entries.is_empty());
}

#[test]
fn maps_colour_values_and_have_a_bar() {
    let values = [0.0, 10.0, f64::NAN, 5.0, f64::INFINITY, -1.0];
    let panel =
        Panel::new("x", "y").map("events", &[0.0, 1.0, 2.0, 3.0], &[0.0, 1.0, 2.0], &values);
    let figure = Figure::from(panel.clone());
    let page = figure.page(Path::new("test.svg")).unwrap();
    let bar = page.panels[0].bar.as_ref().unwrap();
    assert_eq!(bar.colour(-1.0), Some(Colour::scale(0.0)));
    assert_eq!(bar.colour(10.0), Some(Colour::scale(1.0)));
    assert_eq!(bar.colour(f64::NAN), None);
    let end = page.panels[0].plot.right + bar.width();
    assert!(end < f64::from(page.width) - 4.0);
    let drawn = svg(&figure);
    assert_eq!(elements(&drawn, "rect", Colour::scale(1.0)), 1 + 1, "a cell and a slice");
    assert_eq!(count(&drawn, "<rect "), 4 + 128);
    assert_eq!(count(&drawn, ">\nevents\n"), 1, "in the bar, not in the legend");
    let nothing = Panel::new("x", "y").map("", &X[..2], &X[..2], &[f64::NAN]);
    assert_eq!(count(&svg(&Figure::from(nothing)), "no data"), 1);
}

#[test]
fn the_range_of_colours_can_be_set_and_a_bad_one_is_refused() {
    let map = |low, high| {
        let map = Series::map("z", &X[..3], &X[..2], &[0.0, 1.0]).colour_range(low, high);
        Figure::from(Panel::new("x", "y").with(map))
    };
    let figure = map(0.5, 2.5);
    let page = figure.page(Path::new("test.svg")).unwrap();
    let bar = page.panels[0].bar.as_ref().unwrap();
    assert_eq!(bar.colour(-3.0), Some(Colour::scale(0.0)));
    assert_eq!(bar.colour(99.0), Some(Colour::scale(1.0)));
    let refused = map(1.0, 1.0).write(Path::new("."), "stem").unwrap_err();
    assert!(matches!(refused, FigureError::Range { axis: "colour", .. }));
    let short = Panel::new("x", "y").map("z", &X, &X, &[0.0; 15]);
    let refused = Figure::from(short).write(Path::new("."), "stem").unwrap_err();
    assert!(matches!(refused, FigureError::Lengths { expected: 16, found: 15, .. }));
}

#[test]
fn the_scale_grows_lighter_throughout() {
    let lightness = |at: i32| {
        let Colour(red, green, blue) = Colour::scale(f64::from(at) / 64.0);
        0.2126 * f64::from(red) + 0.7152 * f64::from(green) + 0.0722 * f64::from(blue)
    };
    assert!((0..64).all(|at| lightness(at) < lightness(at + 1)));
    assert_eq!(Colour::scale(-1.0), Colour::scale(0.0));
    assert_eq!(Colour::scale(2.0), Colour::scale(1.0));
}

#[test]
fn ellipses_are_closed_and_have_their_mahalanobis_distance() {
    let points = |covariance| {
        let Mark::Line { x, y } = Series::ellipse("", (1.0, -2.0), covariance, 2.0).mark else {
            panic!("a line")
        };
        x.into_iter().zip(y).collect::<Vec<_>>()
    };
    let [xx, xy, yy] = [2.0, -0.9, 0.5];
    let found = points([xx, xy, yy]);
    assert_eq!((found.len(), found[0]), (100, found[99]));
    for (x, y) in found {
        let (a, b) = (x - 1.0, y + 2.0);
        let square = (yy * a * a - 2.0 * xy * a * b + xx * b * b) / (xx * yy - xy * xy);
        assert!((square - 4.0).abs() < 1e-9, "{square}");
    }
    assert!(points([1.0, 2.0, 4.0]).iter().all(|(x, y)| (2.0 * x - 4.0 - y).abs() < 1e-9));
    assert!(points([0.0, 0.0, 1.0]).iter().all(|(x, y)| *x == 1.0 && y.is_finite()));
    assert!(points([1.0, 2.0, 1.0]).iter().all(|(_, y)| y.is_nan()));
}

#[test]
fn a_closed_line_within_the_plot_is_one_stroke() {
    let ellipse = Series::ellipse("", (0.0, 0.0), [1.0, 0.3, 1.0], 1.0);
    let panel = Panel::new("x", "y").with(ellipse).x_range(-2.0, 2.0).y_range(-2.0, 2.0);
    assert_eq!(elements(&svg(&Figure::from(panel)), "polyline", Colour::BLUE), 1);
}

#[test]
fn stacks_on_a_logarithmic_axis_fill_down_to_its_lower_end() {
    let layers = [("b", [1e4, 30.0, 0.0, 2.0]), ("s", [1.0, 5.0, 8.0, 0.0])];
    let panel = Panel::new("x", "y").stack(&X, &layers).log_y();
    let figure = Figure::from(panel);
    let plot = plot(&figure);
    let picture = Pixmap::decode_png(&png(&figure)).unwrap();
    // The point is just above the lower end and between ticks, in the middle of each bin.
    let colour = |bin: f64| {
        let x = plot.left + (bin + 0.55) / 4.0 * plot.width();
        let pixel = picture.pixel((2.0 * x) as u32, (2.0 * plot.bottom) as u32 - 8).unwrap();
        Colour(pixel.red(), pixel.green(), pixel.blue())
    };
    let (below, above) = (Colour::BLUE.tint(0.55), Colour::VERMILLION.tint(0.55));
    assert_eq!([0.0, 1.0, 2.0, 3.0].map(colour), [below, below, above, below]);
}
