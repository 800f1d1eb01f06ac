//! Finds where numbers lie among ascending points, in a time that hardly grows with their number.

/// Ascending points, with a grid of equal cells over them that says where a search begins and ends.
#[derive(Clone, Debug)]
pub(super) struct Places {
    points: Vec<f64>,
    low: f64,
    /// Cells per unit of the points.
    density: f64,
    /// Number of points in the cells before the first, second, ... cell, then that of all points.
    before: Vec<u32>,
}

/// Cells per point: enough that most contain at most one point if the points are spread evenly.
const CELLS: usize = 4;

impl Places {
    /// Takes ascending points, possibly none.
    pub(super) fn new(points: Vec<f64>) -> Self {
        let cells = CELLS * points.len() + 1;
        let low = points.first().copied().unwrap_or_default();
        let range = points.last().map_or(0.0, |last| last - low);
        let density = if range > 0.0 { (cells - 1) as f64 / range } else { 0.0 };
        let mut places = Self { points, low, density, before: vec![0; cells + 1] };
        for point in &places.points {
            let cell = places.cell(*point);
            places.before[cell + 1] += 1;
        }
        for cell in 0..cells {
            places.before[cell + 1] += places.before[cell];
        }
        places
    }

    /// The cell of a number. Despite rounding, it never falls as the number rises: points in lower
    /// cells lie below the number, those in higher cells above it.
    fn cell(&self, x: f64) -> usize {
        // The conversion turns negative numbers into 0.
        let cell = ((x - self.low) * self.density) as usize;
        cell.min(CELLS * self.points.len())
    }

    /// How many points lie below a number.
    pub(super) fn below(&self, x: f64) -> usize {
        let cell = self.cell(x);
        let (from, to) = (self.before[cell] as usize, self.before[cell + 1] as usize);
        from + self.points[from..to].partition_point(|point| *point < x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_a_plain_search() {
        let even = (0..=20).map(|i| f64::from(i) / 20.0).collect();
        let uneven = vec![-7.0, 1e-9, 2e-9, 0.1, 0.1 + 1e-12, 40.0, 1e6];
        for points in [vec![], vec![0.7], even, uneven] {
            let places = Places::new(points.clone());
            let near = points.iter().flat_map(|p| [*p, p.next_up(), p.next_down(), p + 0.013]);
            for x in near.chain([-f64::INFINITY, -1e300, -9.0, 0.5, 1e7, 1e300, f64::INFINITY]) {
                assert_eq!(places.below(x), points.partition_point(|p| *p < x), "{x}");
            }
        }
    }
}
