//! A checked sample of events.

use super::error::EventError;

/// Events of one process, as columns.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSample {
    name: String,
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

impl EventSample {
    /// A sample of named columns, one number per event, with a weight per event.
    ///
    /// `name` stands in messages.
    ///
    /// # Errors
    /// [`EventError`] where a column has another length than the weights, where a number is not
    /// finite, where there is no event, or where every weight is 0.
    pub fn new(
        name: impl Into<String>,
        columns: Vec<(String, Vec<f64>)>,
        weights: Vec<f64>,
    ) -> Result<Self, EventError> {
        let sample = name.into();
        let (names, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        for (column, values) in names.iter().zip(&columns) {
            if values.len() != weights.len() {
                let (found, expected, column) = (values.len(), weights.len(), column.clone());
                return Err(EventError::WrongLength { sample, column, found, expected });
            }
        }
        let all = names.iter().map(String::as_str).zip(&columns);
        for (column, values) in all.chain([("weight", &weights)]) {
            if let Some(event) = values.iter().position(|value| !value.is_finite()) {
                let (column, found) = (column.to_owned(), values[event]);
                return Err(EventError::NotFinite { sample, column, event, found });
            }
        }
        if weights.is_empty() {
            return Err(EventError::NoEvents { sample });
        }
        if weights.iter().all(|weight| *weight == 0.0) {
            return Err(EventError::ZeroWeights { sample });
        }
        Ok(Self { name: sample, names, columns, weights })
    }

    /// A sample of one column whose events all have weight 1.
    ///
    /// # Errors
    /// As [`EventSample::new`].
    pub fn unweighted(
        name: impl Into<String>,
        column: &str,
        values: Vec<f64>,
    ) -> Result<Self, EventError> {
        let weights = vec![1.0; values.len()];
        Self::new(name, vec![(column.to_owned(), values)], weights)
    }

    /// What the sample is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether it holds no events; a checked sample never does.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// Names of its columns.
    pub fn column_names(&self) -> &[String] {
        &self.names
    }

    /// A column, one number per event.
    ///
    /// # Errors
    /// [`EventError::MissingColumn`].
    pub fn column(&self, name: &str) -> Result<&[f64], EventError> {
        match self.names.iter().position(|known| known == name) {
            Some(index) => Ok(&self.columns[index]),
            None => Err(EventError::MissingColumn {
                sample: self.name.clone(),
                column: name.to_owned(),
                known: self.names.join(", "),
            }),
        }
    }

    /// Weights, one per event.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Sum of weights, in events.
    pub fn total(&self) -> f64 {
        self.weights.iter().sum()
    }

    /// Sums of weights in bins of a column; an event on an edge belongs to the bin above, and
    /// events outside the edges, which ascend, are left out.
    ///
    /// # Errors
    /// [`EventError::MissingColumn`].
    pub fn histogram(&self, column: &str, edges: &[f64]) -> Result<Vec<f64>, EventError> {
        let mut counts = vec![0.0; edges.len().saturating_sub(1)];
        for (x, weight) in self.column(column)?.iter().zip(&self.weights) {
            let above = edges.partition_point(|edge| edge <= x);
            if let Some(count) = above.checked_sub(1).and_then(|bin| counts.get_mut(bin)) {
                *count += weight;
            }
        }
        Ok(counts)
    }

    /// How many events have a negative weight.
    pub fn negative_weights(&self) -> usize {
        self.weights.iter().filter(|weight| **weight < 0.0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(x: Vec<f64>, weights: Vec<f64>) -> Result<EventSample, EventError> {
        EventSample::new("toys", vec![("x".to_owned(), x)], weights)
    }

    #[test]
    fn a_sound_sample_answers() {
        let sample = sample(vec![1.0, 2.0], vec![0.5, -0.25]).expect("sound");
        assert_eq!(sample.column("x").expect("there"), [1.0, 2.0]);
        assert_eq!((sample.len(), sample.total(), sample.negative_weights()), (2, 0.25, 1));
    }

    #[test]
    fn a_histogram_leaves_out_what_lies_outside() {
        let sample = sample(vec![-0.1, 0.0, 0.9, 1.0, 2.0], vec![1.0, 2.0, 3.0, 4.0, 5.0]);
        let counts = sample.expect("sound").histogram("x", &[0.0, 1.0, 2.0]).expect("x");
        assert_eq!(counts, [5.0, 4.0]);
    }

    #[test]
    fn each_fault_has_its_error() {
        let message = |x, weights| sample(x, weights).expect_err("a fault").to_string();
        assert_eq!(message(vec![], vec![]), "toys holds no events");
        assert_eq!(message(vec![1.0], vec![1.0, 1.0]), "toys, column 'x': 1 numbers for 2 weights");
        assert_eq!(
            message(vec![1.0, f64::NAN], vec![1.0, 1.0]),
            "toys, column 'x', event 1: NaN is not finite"
        );
        assert_eq!(
            message(vec![1.0], vec![f64::INFINITY]),
            "toys, column 'weight', event 0: inf is not finite"
        );
        assert_eq!(
            message(vec![1.0], vec![0.0]),
            "every weight of toys is 0: check the weight column"
        );
        let missing = sample(vec![1.0], vec![1.0]).expect("sound");
        let missing = missing.column("y").expect_err("missing").to_string();
        assert_eq!(missing, "toys has no column 'y'; it has x");
    }
}
