//! The plane of a grid in which contours are drawn: two of the points' numbers.

use std::str::FromStr;

use super::error::GridError;
use super::points::{Grid, GridPoint};
use super::triangles::triangles;

/// How many values a message lists.
const LISTED: usize = 10;

/// Two numbers of the points, each given by a label or its index from 0, as in `0,1` or
/// `m_gluino,m_lsp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes(pub [String; 2]);

/// A text that does not name two axes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected two numbers' names or places with a comma between, as in 0,1; found '{0}'")]
pub struct NoAxes(String);

impl FromStr for Axes {
    type Err = NoAxes;
    fn from_str(text: &str) -> Result<Self, NoAxes> {
        let names: Vec<&str> = text.split(',').map(str::trim).collect();
        match names[..] {
            [x, y] if !x.is_empty() && !y.is_empty() => Ok(Self([x.to_owned(), y.to_owned()])),
            _ => Err(NoAxes(text.to_owned())),
        }
    }
}

/// A slice of a grid: the points at which one number, given by label or index, has a value, as in
/// `2=60`.
#[derive(Clone, Debug, PartialEq)]
pub struct Where {
    /// The number's label, or its index from 0.
    pub name: String,
    /// Its value.
    pub value: f64,
}

/// A text that is not a slice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected NAME=VALUE, as in 2=60; found '{0}'")]
pub struct NoSlice(String);

impl FromStr for Where {
    type Err = NoSlice;
    fn from_str(text: &str) -> Result<Self, NoSlice> {
        let refuse = || NoSlice(text.to_owned());
        let (name, value) = text.split_once('=').ok_or_else(refuse)?;
        let value: f64 = value.trim().parse().map_err(|_| refuse())?;
        match name.trim() {
            "" => Err(refuse()),
            _ if !value.is_finite() => Err(refuse()),
            name => Ok(Self { name: name.to_owned(), value }),
        }
    }
}

/// Points of a grid in a plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// The axes' names: labels, or indices from 0.
    pub names: [String; 2],
    /// The points' indices in the grid, and their coordinates in the plane.
    pub places: Vec<(usize, [f64; 2])>,
    /// Names of other numbers that vary, in which case the points belong to several planes.
    pub others: Vec<String>,
}

fn value(point: &GridPoint, number: usize) -> Option<f64> {
    point.values.get(number).copied().flatten()
}

/// Different values of a number, in ascending order.
fn different(points: &[(usize, &GridPoint)], number: usize) -> Vec<f64> {
    let mut values: Vec<f64> =
        points.iter().filter_map(|(_, point)| value(point, number)).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    values
}

impl Grid {
    /// The largest count of numbers of any point.
    fn numbers(&self) -> usize {
        self.points.iter().map(|point| point.values.len()).max().unwrap_or(0)
    }

    /// The name of a number of the points: its label, or its index from 0.
    pub fn number_name(&self, number: usize) -> String {
        self.labels.get(number).cloned().unwrap_or_else(|| number.to_string())
    }

    fn find_number(&self, name: &str) -> Result<usize, GridError> {
        let labelled = self.labels.iter().position(|label| label == name);
        let place = || name.parse::<usize>().ok().filter(|place| *place < self.numbers());
        labelled.or_else(place).ok_or_else(|| {
            let known = (0..self.numbers()).map(|number| self.number_name(number));
            let known = known.collect::<Vec<_>>().join(", ");
            GridError::UnknownAxis { found: name.to_owned(), known }
        })
    }

    /// The points that remain after a slice.
    fn slice<'g>(
        &self,
        points: Vec<(usize, &'g GridPoint)>,
        slice: &Where,
    ) -> Result<Vec<(usize, &'g GridPoint)>, GridError> {
        let number = self.find_number(&slice.name)?;
        let known = different(&points, number);
        let is_in = |(_, point): &(usize, &GridPoint)| value(point, number) == Some(slice.value);
        let left: Vec<_> = points.into_iter().filter(is_in).collect();
        if left.is_empty() {
            let (name, value) = (self.number_name(number), slice.value);
            let mut listed: Vec<String> = known.iter().take(LISTED).map(f64::to_string).collect();
            if known.len() > LISTED {
                listed.push("...".to_owned());
            }
            return Err(GridError::NoneLeft { name, value, known: listed.join(", ") });
        }
        Ok(left)
    }

    /// The plane of two numbers, by default the first two that vary, and its points after all
    /// slices.
    ///
    /// # Errors
    /// [`GridError`] for an unknown number, a point without it, no remaining points, two points at
    /// the same position, or points on one line.
    pub fn plane(&self, axes: Option<&Axes>, slices: &[Where]) -> Result<Plane, GridError> {
        let mut points: Vec<(usize, &GridPoint)> = self.points.iter().enumerate().collect();
        for slice in slices {
            points = self.slice(points, slice)?;
        }
        let varying = (0..self.numbers()).filter(|number| different(&points, *number).len() > 1);
        let varying: Vec<usize> = varying.collect();
        let numbers = match (axes, &varying[..]) {
            (Some(Axes([x, y])), _) => [self.find_number(x)?, self.find_number(y)?],
            (None, [x, y, ..]) => [*x, *y],
            (None, fewer) => {
                let (varying, points) = (fewer.len(), points.len());
                return Err(GridError::NoPlane { varying, points });
            }
        };
        let names = numbers.map(|number| self.number_name(number));
        if numbers[0] == numbers[1] {
            return Err(GridError::SameAxis { name: names[0].clone() });
        }
        let others = varying.iter().filter(|number| !numbers.contains(number));
        let others = others.map(|number| self.number_name(*number)).collect();
        let places = points.iter().map(|(i, point)| Ok((*i, self.place(point, numbers)?)));
        let places = places.collect::<Result<Vec<_>, GridError>>()?;
        self.check_apart(&names, &places)?;
        let corners: Vec<[f64; 2]> = places.iter().map(|(_, place)| *place).collect();
        if triangles(&corners).is_empty() {
            return Err(GridError::OnOneLine { points: places.len(), axes: names });
        }
        Ok(Plane { names, places, others })
    }

    fn place(&self, point: &GridPoint, numbers: [usize; 2]) -> Result<[f64; 2], GridError> {
        let number = |number: usize| {
            value(point, number).ok_or_else(|| {
                let (point, name) = (point.name.clone(), self.number_name(number));
                GridError::NoNumber { point, name }
            })
        };
        Ok([number(numbers[0])?, number(numbers[1])?])
    }

    /// Refuses two points at the same position.
    fn check_apart(
        &self,
        axes: &[String; 2],
        places: &[(usize, [f64; 2])],
    ) -> Result<(), GridError> {
        let mut sorted: Vec<&(usize, [f64; 2])> = places.iter().collect();
        sorted.sort_by(|(_, a), (_, b)| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        match sorted.windows(2).find(|pair| pair[0].1 == pair[1].1) {
            None => Ok(()),
            Some(pair) => {
                let [first, second] = [pair[0].0, pair[1].0].map(|i| self.points[i].name.clone());
                let (axes, place) = (axes.clone(), pair[0].1);
                Err(GridError::SamePlace { first, second, axes, place })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(labels: &[&str], points: &[&[f64]]) -> Grid {
        let point = |(i, values): (usize, &&[f64])| GridPoint {
            name: format!("p{i}"),
            values: values.iter().copied().map(Some).collect(),
            patch: serde_json::json!([]),
        };
        Grid {
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            points: points.iter().enumerate().map(point).collect(),
            digest: String::new(),
        }
    }

    fn axes(text: &str) -> Axes {
        text.parse().expect("axes")
    }

    #[test]
    fn the_first_two_that_vary_are_taken() {
        let grid =
            grid(&[], &[&[7.0, 1.0, 5.0, 60.0], &[7.0, 2.0, 5.0, 60.0], &[7.0, 2.0, 6.0, 60.0]]);
        let plane = grid.plane(None, &[]).expect("a plane");
        assert_eq!(plane.names, ["1", "2"]);
        assert_eq!(plane.places, [(0, [1.0, 5.0]), (1, [2.0, 5.0]), (2, [2.0, 6.0])]);
        assert!(plane.others.is_empty());
        let slice = vec!["0=7".parse().expect("a slice"), "3=60".parse().expect("a slice")];
        let plane = grid.plane(Some(&axes("2, 1")), &slice).expect("a plane");
        assert_eq!(plane.places, [(0, [5.0, 1.0]), (1, [5.0, 2.0]), (2, [6.0, 2.0])]);
    }

    #[test]
    fn labels_name_numbers_and_others_that_vary_are_told() {
        let grid = grid(&["m", "1", "t"], &[&[1.0, 2.0, 3.0], &[2.0, 4.0, 3.0], &[3.0, 5.0, 4.0]]);
        let plane = grid.plane(Some(&axes("t,1")), &[]).expect("a plane");
        // A label takes precedence over an index.
        assert_eq!((plane.names, plane.places[1].1), (["t".into(), "1".into()], [3.0, 4.0]));
        assert_eq!(plane.others, ["m"]);
        assert_eq!(grid.plane(Some(&axes("0,2")), &[]).expect("a plane").names, ["m", "t"]);
    }

    #[test]
    fn what_is_no_plane_is_refused() {
        let mixed = grid(&["a", "b"], &[&[1.0, 2.0], &[2.0], &[1.0, 2.0]]);
        let flat = grid(&[], &[&[1.0, 2.0], &[1.0, 3.0]]);
        let line = grid(&[], &[&[1.0, 2.0], &[2.0, 4.0], &[1.5, 3.0]]);
        let slices = |text: &str| vec![text.parse::<Where>().expect("a slice")];
        let cases: [(&Grid, Option<&str>, Vec<Where>, &str); 10] = [
            (&flat, None, vec![], "1 of the numbers of 2 points vary"),
            (&flat, Some("0,2"), vec![], "no number '2' of the points; there are: 0, 1"),
            (&flat, Some("0,0"), vec![], "both axes are '0'"),
            (&flat, None, slices("1=4"), "no point has 1 = 4; its values are 2, 3"),
            (&flat, None, slices("x=4"), "no number 'x'"),
            (&flat, None, slices("1=3"), "0 of the numbers of 1 points vary"),
            (&line, None, vec![], "all 3 points lie on one line of the plane of 0 and 1"),
            (&flat, Some("0,1"), vec![], "all 2 points lie on one line"),
            (&mixed, Some("a,b"), vec![], "point 'p1' has no number 'b'"),
            (&mixed, Some("a,b"), slices("b=2"), "points 'p0' and 'p2' both lie at a = 1, b = 2;"),
        ];
        for (grid, text, slices, words) in cases {
            let text = text.map(axes);
            let error = grid.plane(text.as_ref(), &slices).expect_err(words).to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn texts_that_name_nothing_are_refused() {
        for text in ["", "0", "0,1,2", "0,", ",1"] {
            assert!(text.parse::<Axes>().is_err(), "{text}");
        }
        for text in ["", "2", "=60", "2=", "2=x", "2=inf", "2=nan"] {
            assert!(text.parse::<Where>().is_err(), "{text}");
        }
        assert_eq!("m 1 = 0.5".parse(), Ok(Where { name: "m 1".into(), value: 0.5 }));
    }
}
