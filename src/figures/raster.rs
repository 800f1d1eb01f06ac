//! Pixels: a drawing backend that fills polygons and strokes lines without jagged edges, and its
//! PNG.
//!
//! Enters: shapes in the coordinates of a fine grid, `FINE` times finer each way than the image.
//! Leaves: the image, each of its pixels the mean over the grid's. `plotters`' own bitmaps have
//! whole-pixel corners, outlines that break at sharp turns, and letters without their side bearings.

use std::convert::Infallible;

use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontTransform,
};

use super::canvas::RISE;
use super::text;

/// Points of the fine grid for each pixel of the image, each way.
pub(super) const FINE: u32 = 3;

/// A point of the fine grid, whole numbers at corners of its cells.
type Point = (f64, f64);

/// The fine grid, white at first.
pub(super) struct Raster {
    width: u32,
    height: u32,
    cells: Vec<[u8; 3]>,
}

impl Raster {
    /// A grid for an image of so many pixels.
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width * FINE, height * FINE);
        Self { width, height, cells: vec![[255; 3]; width as usize * height as usize] }
    }

    /// Lays a colour over the cells of a row from `first` to before `end`.
    fn blend(&mut self, row: i32, first: i32, end: i32, colour: BackendColor) {
        if !(0..self.height as i32).contains(&row) {
            return;
        }
        let first = first.clamp(0, self.width as i32) as usize;
        let end = end.clamp(first as i32, self.width as i32) as usize;
        let start = row as usize * self.width as usize;
        let (red, green, blue) = colour.rgb;
        let opacity = colour.alpha.clamp(0.0, 1.0);
        for cell in &mut self.cells[start + first..start + end] {
            for (channel, over) in cell.iter_mut().zip([red, green, blue]) {
                let under = f64::from(*channel);
                *channel = (under + opacity * (f64::from(over) - under)).round() as u8;
            }
        }
    }

    /// Fills the cells whose centres lie in a polygon, by the even-odd rule.
    fn fill(&mut self, corners: &[Point], colour: BackendColor) {
        let rows = corners.iter().map(|corner| corner.1);
        let (top, bottom) = rows
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
        let (top, bottom) = (top.max(0.0) as i32, bottom.min(f64::from(self.height)) as i32);
        let mut crossings: Vec<f64> = Vec::new();
        for row in top..=bottom {
            let y = f64::from(row) + 0.5;
            crossings.clear();
            for (at, &(x0, y0)) in corners.iter().enumerate() {
                let (x1, y1) = corners[(at + 1) % corners.len()];
                if (y0 <= y) != (y1 <= y) {
                    crossings.push(x0 + (y - y0) / (y1 - y0) * (x1 - x0));
                }
            }
            crossings.sort_by(f64::total_cmp);
            for pair in crossings.chunks_exact(2) {
                let [first, end] = [pair[0], pair[1]].map(|x| (x - 0.5).ceil() as i32);
                self.blend(row, first, end, colour);
            }
        }
    }

    /// Fills a circle.
    fn disc(&mut self, (x, y): Point, radius: f64, colour: BackendColor) {
        for row in (y - radius).floor() as i32..=(y + radius).ceil() as i32 {
            let off = f64::from(row) + 0.5 - y;
            let half = (radius * radius - off * off).max(0.0).sqrt();
            let [first, end] = [x - half, x + half].map(|x| (x - 0.5).ceil() as i32);
            self.blend(row, first, end, colour);
        }
    }

    /// Strokes a path with a round pen; opaque, as strokes overlap where they meet.
    fn stroke(&mut self, path: &[Point], width: f64, colour: BackendColor) {
        let radius = width / 2.0;
        for pair in path.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let length = (x1 - x0).hypot(y1 - y0);
            if length > 0.0 {
                let (dx, dy) = ((y0 - y1) / length * radius, (x1 - x0) / length * radius);
                let side = |x: f64, y: f64, sign: f64| (x + sign * dx, y + sign * dy);
                let corners =
                    [side(x0, y0, 1.0), side(x1, y1, 1.0), side(x1, y1, -1.0), side(x0, y0, -1.0)];
                self.fill(&corners, colour);
            }
        }
        for &point in path {
            self.disc(point, radius, colour);
        }
    }

    /// The image as a PNG file.
    pub(super) fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let (width, height) = (self.width / FINE, self.height / FINE);
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.image())?;
        writer.finish()?;
        Ok(file)
    }

    /// Red, green and blue of each pixel of the image, row by row.
    fn image(&self) -> Vec<u8> {
        let fine = FINE as usize;
        let (width, height) = (self.width as usize, self.height as usize);
        let mut image = Vec::with_capacity(width / fine * (height / fine) * 3);
        for row in (0..height).step_by(fine) {
            for column in (0..width).step_by(fine) {
                for channel in 0..3 {
                    let rows = (row..row + fine).map(|row| row * width + column);
                    let cells = rows.flat_map(|start| &self.cells[start..start + fine]);
                    let sum: u32 = cells.map(|cell| u32::from(cell[channel])).sum();
                    image.push((sum / (FINE * FINE)) as u8);
                }
            }
        }
        image
    }
}

/// The corner of a cell that `plotters` names.
fn corner((x, y): BackendCoord) -> Point {
    (f64::from(x), f64::from(y))
}

impl DrawingBackend for Raster {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(
        &mut self,
        (x, y): BackendCoord,
        colour: BackendColor,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        self.blend(y, x, x + 1, colour);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let path: Vec<Point> = path.into_iter().map(corner).collect();
        self.stroke(&path, f64::from(style.stroke_width()), style.color());
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: BackendCoord,
        radius: u32,
        style: &S,
        _fill: bool,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        self.disc(corner(centre), f64::from(radius), style.color());
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let corners: Vec<Point> = corners.into_iter().map(corner).collect();
        self.fill(&corners, style.color());
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        words: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let (size, colour) = (style.size(), style.color());
        let start = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -text::width(words, size) / 2.0,
            HPos::Right => -text::width(words, size),
        };
        let (start, down) = (start.round() as i32, (size * RISE).round() as i32);
        let upwards = matches!(style.transform(), FontTransform::Rotate270);
        text::rasterise(words, size, |column, row, share| {
            let (along, across) = (start + column, down + row);
            let (x, y) = if upwards { (x + across, y - along) } else { (x + along, y + across) };
            self.blend(y, x, x + 1, colour.mix(share));
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: BackendColor = BackendColor { alpha: 1.0, rgb: (0, 0, 0) };

    fn dark_cells(raster: &Raster) -> usize {
        raster.cells.iter().filter(|cell| cell[0] < 128).count()
    }

    #[test]
    fn polygons_that_share_an_edge_neither_overlap_nor_leave_a_seam() {
        let half = BackendColor { alpha: 0.5, ..INK };
        let mut raster = Raster::new(20, 20);
        raster.fill(&[(3.0, 3.0), (50.0, 3.0), (3.0, 47.0)], half);
        raster.fill(&[(50.0, 3.0), (50.0, 47.0), (3.0, 47.0)], half);
        let mut values: Vec<u8> = raster.cells.iter().map(|cell| cell[0]).collect();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values, [128, 255]);
        assert_eq!(raster.cells.iter().filter(|cell| cell[0] == 128).count(), 47 * 44);
    }

    #[test]
    fn a_stroke_covers_its_length_times_its_width_and_its_ends() {
        let mut raster = Raster::new(40, 40);
        raster.stroke(&[(20.0, 20.0), (80.0, 65.0)], 6.0, INK);
        let expected = 75.0 * 6.0 + std::f64::consts::PI * 9.0;
        assert!((dark_cells(&raster) as f64 / expected - 1.0).abs() < 0.02);
    }

    #[test]
    fn shapes_beyond_the_page_are_cut() {
        let mut raster = Raster::new(10, 10);
        raster.disc((0.0, 0.0), 10.0, INK);
        raster.fill(&[(-50.0, 25.0), (90.0, 25.0), (90.0, 90.0), (-50.0, 90.0)], INK);
        let dark = dark_cells(&raster) as f64;
        assert!((dark - 150.0 - 25.0 * std::f64::consts::PI).abs() < 6.0, "{dark}");
    }

    #[test]
    fn the_image_is_the_mean_of_the_grid() {
        let mut raster = Raster::new(2, 1);
        raster.blend(0, 0, 3, INK);
        assert_eq!(raster.image(), [170, 170, 170, 255, 255, 255]);
    }
}
