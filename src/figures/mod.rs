//! Figures: plots of results as SVG, PNG and PDF.
//!
//! Enters: numbers and labels. Leaves: files that contain the same picture. Nothing except the
//! picture is computed here: ranges, ticks, colours and positions follow from the data, the same
//! input gives the same bytes, and no font or program of the computer plays a part.
//!
//! A [`Figure`] is a grid of [`Panel`]s with aligned plots, by default in one column; a panel has
//! two axes and any number of [`Series`]. Its legend is above the plot, and the colour bar of a map
//! to the right. Values that are not finite are left out.
//!
//! ```
//! use diffhep::figures::{Figure, Panel};
//!
//! let edges = [0.0, 0.25, 0.5, 0.75, 1.0];
//! let scores = Panel::new("score", "events")
//!     .stack(&edges, &[("background", [80.0, 40.0, 15.0, 5.0]), ("signal", [2.0, 4.0, 9.0, 16.0])])
//!     .vertical("cut", 0.6);
//! let folder = std::env::temp_dir();
//! let [svg, png] = Figure::from(scores).title("Scores").write(&folder, "scores")?;
//! assert!(svg.ends_with("scores.svg") && png.ends_with("scores.png"));
//! # std::fs::remove_file(svg)?;
//! # std::fs::remove_file(png)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod axis;
mod bar;
pub mod binning;
mod canvas;
mod cells;
mod clip;
mod colour;
pub mod correlations;
pub mod cut;
mod draw;
mod error;
pub mod exclusion;
mod format;
mod geometry;
pub mod grid;
mod isolines;
mod layout;
mod legend;
pub mod limit;
mod marks;
pub mod observable;
mod overlay;
mod panel;
mod pdf;
mod pixels;
pub mod ranking;
pub mod scan;
mod series;
mod shapes;
#[cfg(test)]
mod tests;
mod text;
mod ticks;
pub mod toys;
mod upper;
pub mod yields;

use std::path::{Path, PathBuf};

use crate::persistence::write_whole;
use error::Cause;
use layout::Page;

pub use colour::Colour;
pub use error::FigureError;
pub use format::{Format, ending};
pub use panel::{Panel, Scale};
pub use scan::cell_edges;
pub use series::{Dash, Marker, Series};

/// A page of panels, one below the other or in several columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// The number of panels side by side; 0 means 1.
    columns: usize,
    title: String,
    panels: Vec<Panel>,
    size: Option<(u32, u32)>,
}

impl From<Panel> for Figure {
    fn from(panel: Panel) -> Self {
        Self::new().panel(panel)
    }
}

impl Figure {
    /// A page without panels.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the title, which is above all panels.
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Adds a panel below the existing ones, or to their right if their row has room.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// Lays out panels in rows of this many (1 or more, by default 1), filled from the left. Plots
    /// in a row have the same height, and all plots have the same width.
    pub fn columns(mut self, count: usize) -> Self {
        self.columns = count;
        self
    }

    /// Sets width and height in pixels, each clamped to 300 to 4000. By default the page is 800
    /// wide, or 600 for each of several columns, and 600 high for one panel, 500 for one row of
    /// several, or 420 for each of several rows. It grows if legends and labels need more room.
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = Some((width.clamp(300, 4000), height.clamp(300, 4000)));
        self
    }

    /// Writes `STEM.svg` and `STEM.png` into an existing folder, each whole or not at all.
    ///
    /// The PNG has twice the page's pixels in each direction.
    ///
    /// # Arguments
    /// `stem`: the name of the files without their endings.
    ///
    /// # Returns
    /// The paths of the SVG and the PNG.
    ///
    /// # Errors
    /// A series has arrays whose lengths do not match, a range is one that no axis can have, or a
    /// file cannot be written. Each error names the file.
    pub fn write(&self, folder: &Path, stem: &str) -> Result<[PathBuf; 2], FigureError> {
        let [svg, png] = ["svg", "png"].map(|ending| folder.join(format!("{stem}.{ending}")));
        let svg_content = self.svg(&svg)?;
        let png_content = encode(&png, Format::Png, &svg_content)?;
        write(&svg, svg_content.as_bytes())?;
        write(&png, &png_content)?;
        Ok([svg, png])
    }

    /// Writes one file, whole or not at all, as SVG, PNG or PDF by its [`ending`].
    ///
    /// The PNG has twice the page's pixels in each direction; the PDF has searchable words in the
    /// embedded font. The same figure gives the same bytes.
    ///
    /// ```
    /// use diffhep::figures::{Figure, Panel};
    ///
    /// let file = std::env::temp_dir().join("scan.pdf");
    /// let scan = Panel::new("mu", "CLs").line("observed", &[0.0, 1.0, 2.0], &[1.0, 0.2, 0.03]);
    /// Figure::from(scan).write_file(&file)?;
    /// # std::fs::remove_file(file)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`FigureError::Ending`], or as [`Figure::write`].
    pub fn write_file(&self, path: &Path) -> Result<(), FigureError> {
        let format = ending(path)?;
        write(path, &encode(path, format, &self.svg(path)?)?)
    }

    /// The figure as SVG; the path is for errors.
    fn svg(&self, path: &Path) -> Result<String, FigureError> {
        self.check(path)?;
        svg_text(&self.page(path)?).map_err(|cause| undrawn(path, cause))
    }

    /// Refuses arrays whose lengths do not match.
    fn check(&self, path: &Path) -> Result<(), FigureError> {
        for (at, panel) in self.panels.iter().enumerate() {
            for series in &panel.series {
                series.lengths().map_err(|(expected, found)| FigureError::Lengths {
                    path: path.to_owned(),
                    panel: at + 1,
                    series: series.label.clone(),
                    expected,
                    found,
                })?;
            }
        }
        Ok(())
    }

    /// Lays the page out.
    fn page(&self, path: &Path) -> Result<Page<'_>, FigureError> {
        let columns = self.columns.clamp(1, self.panels.len().max(1));
        let size = self.size.unwrap_or_else(|| default_size(self.panels.len(), columns));
        layout::page(&self.title, &self.panels, columns, size).map_err(
            |axis::BadRange(axis, low, high)| FigureError::Range {
                path: path.to_owned(),
                axis,
                low,
                high,
            },
        )
    }
}

/// Width and height of a page with this many panels in this many columns.
fn default_size(panels: usize, columns: usize) -> (u32, u32) {
    let width = if columns > 1 { 600 * columns as u32 } else { 800 };
    let height = match panels.div_ceil(columns) {
        0 | 1 if columns > 1 => 500,
        0 | 1 => 600,
        rows => 420 * rows as u32,
    };
    (width, height)
}

/// The page, as SVG.
fn svg_text(page: &Page) -> Result<String, Cause> {
    canvas::svg((page.width, page.height), |canvas| draw::draw(canvas, page))
}

/// An SVG's picture in a format.
fn encode(path: &Path, format: Format, svg: &str) -> Result<Vec<u8>, FigureError> {
    let content = match format {
        Format::Svg => Ok(svg.as_bytes().to_vec()),
        Format::Png => pixels::png(svg),
        Format::Pdf => pdf::pdf(svg),
    };
    content.map_err(|cause| undrawn(path, cause))
}

fn undrawn(path: &Path, cause: Cause) -> FigureError {
    FigureError::Draw { path: path.to_owned(), cause }
}

fn write(path: &Path, content: &[u8]) -> Result<(), FigureError> {
    write_whole(path, content).map_err(|cause| FigureError::Write { path: path.to_owned(), cause })
}
