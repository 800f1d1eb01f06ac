//! Panels in several columns.

use super::*;

fn panel(title: &str) -> Panel {
    Panel::new("x", "y").line("a", &X, &Y).title(title)
}

#[test]
fn a_row_is_filled_from_the_left_with_plots_of_one_size() {
    let tall = panel("a title of its own").points("b", &X, &Y);
    let wide = Panel::new("x", "y").map("events", &X, &X[..2], &Y[..4]);
    let figure = Figure::new().columns(2).panel(tall).panel(wide).panel(panel(""));
    let page = figure.page(Path::new("test.svg")).unwrap();
    assert_eq!((page.width, page.height), (1200, 840));
    let [first, second, third] = &page.panels[..] else { panic!("three panels") };
    assert_eq!((first.plot.top, first.plot.bottom), (second.plot.top, second.plot.bottom));
    assert_eq!((first.plot.left, first.plot.right), (third.plot.left, third.plot.right));
    assert_eq!(first.plot.width(), second.plot.width());
    assert!(first.plot.right + 60.0 < second.plot.left);
    assert!(first.x_label[0].1.1 < third.plot.top);
    let legend_top = first.legend.entries[0].at.1 - legend::SIZE;
    assert!(first.title[0].1.1 < legend_top);
    assert!(second.plot.right + second.bar.as_ref().unwrap().width() < 1200.0);
    assert_eq!(count(&svg(&figure), ">\na title of its own\n"), 1);
}

#[test]
fn pages_follow_rows_and_columns() {
    let size = |panels: usize, columns: usize| {
        let figure = (0..panels).fold(Figure::new().columns(columns), |f, _| f.panel(panel("t")));
        let page = figure.page(Path::new("test.svg")).unwrap();
        (page.width, page.height)
    };
    assert_eq!(size(1, 0), (800, 600));
    assert_eq!(size(1, 2), (800, 600));
    assert_eq!(size(2, 1), (800, 840));
    assert_eq!(size(2, 2), (1200, 500));
    assert_eq!(size(4, 2), (1200, 840));
    assert_eq!(size(0, 2), (800, 600));
}

#[test]
fn columns_on_a_narrow_page_keep_labels_apart() {
    let many = (0..4).fold(panel("an optimised binning"), |panel, at| {
        panel.line(&format!("background {at}"), &X, &Y.map(|y| 1e3 * y))
    });
    let bare = Panel::new("x", "y").line("", &X, &Y).line("", &X, &Y.map(|y| 1e3 * y));
    let figure = Figure::new().columns(2).panel(many).panel(bare).size(800, 400);
    let page = figure.page(Path::new("test.svg")).unwrap();
    assert_eq!(page.panels[0].y_ticks, page.panels[1].y_ticks, "legends do not matter");
    let [first, second] = &page.panels[..] else { panic!("two panels") };
    for (line, (x, _)) in first.legend.entries.iter().flat_map(|entry| entry.placed_lines()) {
        assert!(x + text::width(line, legend::SIZE) < second.plot.left - 60.0, "{line}");
    }
    assert!(first.plot.width() > 250.0);
}
