//! The rows of a training's history, one per step, and their table in CSV.

use serde::{Deserialize, Serialize};

use super::error::OptimizeError;

/// A point of a training: row `n` is the point after `n` steps, row 0 the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Steps taken before this point.
    pub step: usize,
    /// The objective, at this row's hardness.
    pub objective: f64,
    /// Largest component of the projected gradient `x - P(x - g)`, `P` the projection onto the
    /// bounds; without bounds, of the gradient.
    pub gradient_norm: f64,
    /// Learning rate of the step from this point.
    pub learning_rate: f64,
    /// Hardness at which the objective was evaluated.
    pub hardness: f64,
    /// Parameters.
    pub parameters: Vec<f64>,
    /// The objective's additional numbers, which need not be finite.
    #[serde(with = "super::exact")]
    pub metrics: Vec<f64>,
}

/// The best point of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// Steps taken before this point.
    pub step: usize,
    /// The objective.
    pub objective: f64,
    /// Parameters.
    pub parameters: Vec<f64>,
}

/// The history as CSV: a header, then one line per row.
///
/// Columns: `step`, `objective`, `gradient_norm`, `learning_rate`, `hardness`, the parameters, the
/// metrics. Numbers are the shortest decimals that read back to the same bits; those that are not
/// finite are `inf`, `-inf` and `NaN`.
///
/// # Errors
/// [`OptimizeError::NameCount`] and [`OptimizeError::MetricCount`] where a row's number of
/// parameters or metrics differs from the number of names.
pub fn history_csv(
    history: &[Step],
    parameter_names: &[String],
    metric_names: &[String],
) -> Result<String, OptimizeError> {
    let fixed = ["step", "objective", "gradient_norm", "learning_rate", "hardness"];
    let mut table = HistoryTable::new(&fixed, parameter_names.iter().chain(metric_names));
    for row in history {
        let (parameters, names) = (row.parameters.len(), parameter_names.len());
        if parameters != names {
            return Err(OptimizeError::NameCount { names, parameters });
        }
        let (found, expected) = (row.metrics.len(), metric_names.len());
        if found != expected {
            return Err(OptimizeError::MetricCount { expected, found });
        }
        let fixed = [row.objective, row.gradient_norm, row.learning_rate, row.hardness];
        table.row(row.step, fixed.iter().chain(&row.parameters).chain(&row.metrics));
    }
    Ok(table.finish())
}

/// The CSV table of a history, with a count and numbers in each row.
pub(super) struct HistoryTable(csv::Writer<Vec<u8>>);

impl HistoryTable {
    /// A table with the given names of all columns.
    pub(super) fn new<'a>(fixed: &[&str], names: impl Iterator<Item = &'a String>) -> Self {
        let mut table = Self(csv::Writer::from_writer(Vec::new()));
        table.write(fixed.iter().map(|name| (*name).to_owned()).chain(names.cloned()).collect());
        table
    }

    fn write(&mut self, line: Vec<String>) {
        self.0.write_record(line).expect("memory takes every line");
    }

    /// Adds a row.
    pub(super) fn row<'a>(&mut self, count: usize, numbers: impl Iterator<Item = &'a f64>) {
        // The Debug form is the shortest, with an exponent where that helps.
        let numbers = numbers.map(|number| format!("{number:?}"));
        self.write(std::iter::once(count.to_string()).chain(numbers).collect());
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        let bytes = self.0.into_inner().expect("memory takes every line");
        String::from_utf8(bytes).expect("names and numbers are text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: usize) -> Step {
        Step {
            step,
            objective: 0.1 + 0.2,
            gradient_norm: 1e-300,
            learning_rate: 0.01,
            hardness: 1.0,
            parameters: vec![-1.5, 1e22],
            metrics: vec![f64::NAN],
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_table_with_a_line_a_row() {
        let (parameters, metrics) = (names(&["cut", "w[0,1]"]), names(&["hard Z"]));
        let text = history_csv(&[row(0), row(1)], &parameters, &metrics).unwrap();
        let expected = "step,objective,gradient_norm,learning_rate,hardness,cut,\"w[0,1]\",hard Z\n\
                        0,0.30000000000000004,1e-300,0.01,1.0,-1.5,1e22,NaN\n\
                        1,0.30000000000000004,1e-300,0.01,1.0,-1.5,1e22,NaN\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn names_must_fit() {
        let error = history_csv(&[row(0)], &names(&["a"]), &names(&["z"])).unwrap_err();
        assert_eq!(error, OptimizeError::NameCount { names: 1, parameters: 2 });
        let error = history_csv(&[row(0)], &names(&["a", "b"]), &[]).unwrap_err();
        assert_eq!(error, OptimizeError::MetricCount { expected: 0, found: 1 });
    }
}
