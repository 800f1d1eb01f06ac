//! Whole figures: the content of their files.

mod binning;
mod grids;
mod maps;
mod observable;
mod shapes;
mod statistics;
mod yields;

use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};

use super::*;

const X: [f64; 5] = [0.0, 1.0, 2.0, 3.0, 4.0];
const Y: [f64; 5] = [1.0, 4.0, 2.0, 8.0, 5.0];

fn svg(figure: &Figure) -> String {
    svg_text(&figure.page(Path::new("test.svg")).unwrap()).unwrap()
}

fn png(figure: &Figure) -> Vec<u8> {
    pixels::png(&svg(figure)).unwrap()
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// Paths and areas of one colour.
fn elements(svg: &str, element: &str, colour: Colour) -> usize {
    let name = format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2);
    let mine = |line: &&str| line.starts_with(&format!("<{element} ")) && line.contains(&name);
    svg.lines().filter(mine).count()
}

#[test]
fn an_svg_holds_labels_legend_and_marks() {
    let panel = Panel::new("mass [GeV]", "events & more")
        .line("scan", &X, &Y)
        .points("data", &X, &Y)
        .vertical("cut", 2.0)
        .text(1.0, 4.0, "here");
    let svg = svg(&Figure::from(panel).title("A title"));
    for words in ["A title", "mass [GeV]", "events &amp; more", "scan", "data", "cut", "here"] {
        assert_eq!(count(&svg, &format!(">\n{words}\n</text>")), 1, "{words}");
    }
    // One of each is the sample in the legend.
    assert_eq!(elements(&svg, "polyline", Colour::BLUE), 1 + 1);
    assert_eq!(elements(&svg, "circle", Colour::VERMILLION), 5 + 1);
    assert!(elements(&svg, "polyline", Colour::GREY) > 20, "a dashed line is many strokes");
    assert!(svg.starts_with("<svg width=\"800\" height=\"600\" stroke-linejoin=\"round\""));
    let texts = count(&svg, "<text ");
    assert_eq!(count(&svg, "font-family=\"DejaVu Sans, sans-serif\""), texts);
}

#[test]
fn values_without_a_place_make_gaps() {
    let mut y = Y;
    y[2] = f64::NAN;
    let panel = Panel::new("x", "y").line("", &X, &y).points("", &X, &y);
    let svg = svg(&Figure::from(panel));
    assert_eq!(elements(&svg, "polyline", Colour::BLUE), 2);
    assert_eq!(elements(&svg, "circle", Colour::VERMILLION), 4);
    assert_eq!(count(&svg, "no data"), 0);
}

#[test]
fn stacks_have_a_layer_each_and_gaps_where_a_count_is_missing() {
    let edges = [0.0, 1.0, 2.0, 3.0];
    let whole = Panel::new("x", "y").stack(&edges, &[("b", [5.0, 4.0, 3.0]), ("s", [1.0; 3])]);
    let drawn = svg(&Figure::from(whole.clone()));
    assert_eq!(elements(&drawn, "polygon", Colour::BLUE.tint(0.55)), 1 + 1);
    assert_eq!(elements(&drawn, "polygon", Colour::VERMILLION.tint(0.55)), 1 + 1);
    let coloured = svg(&Figure::from(whole.colour("b", Colour::GREEN)));
    assert_eq!(elements(&coloured, "polygon", Colour::GREEN.tint(0.55)), 1 + 1);
    let holed = [("b", [5.0, f64::NAN, 3.0]), ("s", [1.0; 3])];
    let holed = svg(&Figure::from(Panel::new("x", "y").stack(&edges, &holed)));
    assert_eq!(elements(&holed, "polygon", Colour::VERMILLION.tint(0.55)), 2 + 1);
}

#[test]
fn bands_have_an_opacity_and_a_width_draws_their_curves() {
    let band = || Series::band("", &X, &X, &[1.0, 4.0, f64::NAN, 8.0, 5.0]).colour(Colour::BLUE);
    let drawn = |band| svg(&Figure::from(Panel::new("x", "y").with(band)));
    let plain = drawn(band());
    assert_eq!(elements(&plain, "polygon", Colour::BLUE), 2, "a gap");
    assert_eq!(elements(&plain, "polyline", Colour::BLUE), 0);
    assert_eq!(count(&plain, "opacity=\"0.35\" fill=\"#0072B2\""), 2);
    let outlined = drawn(band().opacity(0.1).width(0.5));
    assert_eq!(elements(&outlined, "polyline", Colour::BLUE), 1 + 2, "the lower has no gap");
    assert_eq!(count(&outlined, "opacity=\"0.1\" fill=\"#0072B2\""), 2);
    assert_eq!(Series::line("", &X, &Y).opacity(0.1), Series::line("", &X, &Y));
}

#[test]
fn series_with_one_label_share_colour_and_entry() {
    let panel = Panel::new("x", "y").line("path", &X, &Y).points("path", &X, &Y).line("b", &X, &X);
    let svg = svg(&Figure::from(panel));
    assert_eq!(count(&svg, ">\npath\n"), 1);
    assert_eq!(elements(&svg, "circle", Colour::BLUE), 5 + 1);
    assert_eq!(elements(&svg, "polyline", Colour::VERMILLION), 1 + 1);
}

#[test]
fn a_colour_that_is_claimed_is_not_taken_from_the_cycle() {
    let claimed = Series::line("b", &X, &X).colour(Colour::BLUE);
    let svg = svg(&Figure::from(Panel::new("x", "y").line("a", &X, &Y).with(claimed)));
    assert_eq!(elements(&svg, "polyline", Colour::BLUE), 1 + 1);
    assert_eq!(elements(&svg, "polyline", Colour::VERMILLION), 1 + 1);
}

#[test]
fn panels_without_data_say_so() {
    let empty: [f64; 0] = [];
    let silent = [
        Panel::new("x", "y"),
        Panel::new("x", "y").line("nothing", &empty, &empty),
        Panel::new("x", "y").points("not a number", &X, &[f64::NAN; 5]),
        Panel::new("x", "y").steps("no bins", &empty, &empty).log_y(),
        Panel::new("x", "y").band("endless", &[f64::INFINITY], &[0.0], &[1.0]),
        Panel::new("x", "y").line("not positive", &X, &[-1.0; 5]).log_y(),
        Panel::new("x", "y").vertical("only a reference", f64::NAN),
    ];
    for panel in silent {
        let figure = Figure::from(panel);
        assert_eq!(count(&svg(&figure), "no data"), 1, "{figure:?}");
        assert!(png(&figure).starts_with(b"\x89PNG"));
    }
    assert_eq!(count(&svg(&Figure::new()), "<text"), 0);
}

#[test]
fn a_logarithmic_axis_leaves_out_zeros() {
    let counts = [100.0, 10.0, 0.0, 1.0];
    let panel =
        Panel::new("x", "y").steps("", &X, &counts).points("", &X, &[1.0, 0.0, 5.0, -1.0, 9.0]);
    let svg = svg(&Figure::from(panel.log_y()));
    assert_eq!(elements(&svg, "circle", Colour::VERMILLION), 3);
    // The outline falls through the lower border at the empty bin and rises behind it.
    assert_eq!(elements(&svg, "polyline", Colour::BLUE), 2);
    assert!(svg.contains(">\n10²\n") && svg.contains(">\n10\n"));
}

#[test]
fn extreme_values_are_drawn() {
    for y in [[f64::MAX, f64::MIN, 0.0, 1.0, 2.0], [1e-310, 2e-310, 0.0, 0.0, 0.0], [1e240; 5]] {
        let panel = || Panel::new("x", "y").line("a", &X, &y).steps("b", &X, &y[..4]);
        for panel in [panel(), panel().log_y(), panel().y_range(0.1, 0.2)] {
            let figure = Figure::from(panel);
            assert!(!svg(&figure).contains("NaN"));
            assert!(png(&figure).starts_with(b"\x89PNG"));
        }
    }
}

#[test]
fn legends_lie_above_their_plots_and_on_the_page() {
    let long = "a label so long that only two or three of its kind fit the width of a page";
    let many = (0..9).fold(Panel::new("x", "y"), |panel, at| {
        panel.line(&format!("{}{at}", &long[..10 + 8 * at]), &X, &Y)
    });
    let figure = Figure::new().title("t").panel(many.clone()).panel(many.clone()).panel(many);
    let page = figure.page(Path::new("test.svg")).unwrap();
    let mut floor = 0.0;
    for placed in &page.panels {
        assert_eq!(placed.legend.entries.len(), 9);
        for (line, (x, y)) in placed.legend.entries.iter().flat_map(|entry| entry.placed_lines()) {
            assert!(
                y - legend::SIZE > floor && y + 0.25 * legend::SIZE < placed.plot.top,
                "{line}"
            );
            assert!(
                x > 0.0 && x + text::width(line, legend::SIZE) < f64::from(page.width),
                "{line}"
            );
        }
        assert!(placed.plot.height() >= 120.0);
        floor = placed.x_label[0].1.1;
    }
    assert!(floor < f64::from(page.height) - 4.0);
}

#[test]
fn plots_are_aligned_and_labels_keep_clear_of_ticks() {
    let wide = Panel::new("x", "wide").line("", &X, &Y.map(|y| y * 1.23456e-9));
    let figure = Figure::new().panel(Panel::new("x", "narrow").line("", &X, &Y)).panel(wide);
    let page = figure.page(Path::new("test.svg")).unwrap();
    assert_eq!((page.width, page.height), (800, 840));
    let [first, second] = &page.panels[..] else { panic!("two panels") };
    assert_eq!((first.plot.left, first.plot.right), (second.plot.left, second.plot.right));
    assert!(first.x_label[0].1.1 < second.plot.top);
    for placed in &page.panels {
        let (_, (baseline, _)) = placed.y_label[0];
        let label_right = baseline + 0.25 * text::LABEL_SIZE;
        for (_, label) in &placed.y_ticks.major {
            let tick_left =
                placed.plot.left - ticks::TICK_GAP - text::width(label, text::TICK_SIZE);
            assert!(label_right < tick_left, "{label}");
        }
    }
}

#[test]
fn a_page_too_small_for_its_words_grows() {
    let words = "an axis that needs very many words ".repeat(12);
    let wordy = Panel::new(&words, &words).line(&words, &X, &Y);
    let figure = Figure::from(wordy).title(&words).size(1, 1);
    let page = figure.page(Path::new("test.svg")).unwrap();
    assert!(page.width > 300 && page.height > 300);
    let placed = &page.panels[0];
    assert!(placed.plot.width() >= 120.0 && placed.plot.height() >= 120.0);
    assert!(placed.plot.right < f64::from(page.width));
    let last = placed.x_label.last().unwrap();
    assert!(last.1.1 < f64::from(page.height));
}

#[test]
fn the_png_has_twice_the_size_and_the_same_picture() {
    let figure = Figure::from(Panel::new("x", "y").line("a", &X, &Y)).size(400, 300);
    let picture = Pixmap::decode_png(&png(&figure)).unwrap();
    assert_eq!((picture.width(), picture.height()), (800, 600));
    assert!(picture.pixels().iter().all(|pixel| pixel.is_opaque()), "the paper is white");
    let blue =
        |pixel: &&PremultipliedColorU8| (pixel.red(), pixel.green(), pixel.blue()) == (0, 114, 178);
    let blue = picture.pixels().iter().filter(blue).count();
    // A line of 4 pixels width is about as long as the plot is wide or high.
    assert!((2000..10_000).contains(&blue), "{blue}");
}

#[test]
fn any_words_give_both_files() {
    let words: String =
        "<a> & \"b\" 'c' ]]>\0\u{1}\u{1b}[0m\u{FFFE}\u{10FFFF} \u{202E}אב 漢 🙂".into();
    let panel = Panel::new(&words, &words).line(&words, &X, &Y).text(1.0, 2.0, &words);
    let figure = Figure::from(panel).title(&words);
    assert!(!svg(&figure).contains(['\0', '\u{1}', '\u{1b}']));
    assert!(png(&figure).starts_with(b"\x89PNG"));
}

#[test]
fn the_same_input_gives_the_same_bytes_on_disk() {
    let folder = std::env::temp_dir().join(format!("diffhep-figures-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let figure = Figure::from(Panel::new("x", "y").band("b", &X, &X, &Y).line("a", &X, &Y));
    let read = |stem: &str| {
        let paths = figure.write(&folder, stem).unwrap();
        paths.map(|path| std::fs::read(path).unwrap())
    };
    let (first, second) = (read("one"), read("two"));
    let names = std::fs::read_dir(&folder).unwrap().count();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(first, second);
    assert_eq!(names, 4);
    assert!(first[0].starts_with(b"<svg ") && first[1].starts_with(b"\x89PNG"));
}

#[test]
fn a_file_s_ending_chooses_its_format() {
    let folder = std::env::temp_dir().join(format!("diffhep-endings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let figure = Figure::from(Panel::new("x", "y").line("a", &X, &Y));
    let starts: [(&str, &[u8]); 4] =
        [("a.svg", b"<svg "), ("a.PNG", b"\x89PNG"), ("a.pdf", b"%PDF-"), ("b.Pdf", b"%PDF-")];
    let contents = starts.map(|(name, start)| {
        figure.write_file(&folder.join(name)).unwrap();
        let content = std::fs::read(folder.join(name)).unwrap();
        assert!(content.starts_with(start), "{name}");
        content
    });
    let names = std::fs::read_dir(&folder).unwrap().count();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(contents[2], contents[3]);
    assert_eq!(names, 4, "no other file is left");
}

#[test]
fn other_endings_are_refused_and_the_known_ones_named() {
    let figure = Figure::from(Panel::new("x", "y").line("a", &X, &Y));
    for (name, ending) in [("plot.jpeg", "jpeg"), ("plot", ""), ("plot.", ""), (".pdf", "")] {
        let refused = figure.write_file(Path::new(name)).unwrap_err();
        assert!(matches!(&refused, FigureError::Ending { found, .. } if found == ending));
        for words in [name, ".svg, .png, .pdf"] {
            assert!(refused.to_string().contains(words), "{refused}");
        }
    }
    let short = Figure::from(Panel::new("x", "y").line("short", &X, &Y[..3]));
    let refused = short.write_file(Path::new("plot.pdf")).unwrap_err();
    assert!(matches!(refused, FigureError::Lengths { .. }));
}

#[test]
fn what_cannot_be_drawn_or_written_is_refused_by_name() {
    let folder = Path::new("folder-that-is-not-there");
    let refuse = |panel: Panel| Figure::from(panel).write(folder, "stem").unwrap_err();
    let bad_line = refuse(Panel::new("x", "y").line("short", &X, &Y[..3]));
    assert!(matches!(bad_line, FigureError::Lengths { panel: 1, expected: 5, found: 3, .. }));
    let bad_stack = refuse(Panel::new("x", "y").stack(&X, &[("b", &Y[..4]), ("s", &Y[..])]));
    assert!(matches!(&bad_stack, FigureError::Lengths { series, .. } if series == "s"));
    let bad_range = refuse(Panel::new("x", "y").y_range(0.0, 1.0).log_y());
    assert!(matches!(bad_range, FigureError::Range { axis: "y", .. }));
    let bad_folder = refuse(Panel::new("x", "y").line("", &X, &Y));
    assert!(matches!(bad_folder, FigureError::Write { .. }));
    for error in [bad_line, bad_stack, bad_range, bad_folder] {
        assert!(error.to_string().contains("stem.svg"), "{error}");
    }
}
