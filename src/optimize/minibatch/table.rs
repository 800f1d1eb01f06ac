//! The history of a training by mini-batches as a table in CSV.

use super::Epoch;
use crate::optimize::OptimizeError;
use crate::optimize::history::HistoryTable;

/// The history as CSV: a header, then one line per epoch.
///
/// Columns: `epoch`, `training_loss` (the mean over the epoch's batches), `gradient_norm`, the
/// metrics. Numbers are the shortest decimals that read back to the same bits; those that are not
/// finite are `inf`, `-inf` and `NaN`.
///
/// # Errors
/// [`OptimizeError::MetricCount`] where a row's number of metrics differs from the number of names.
pub fn epochs_csv(history: &[Epoch], metric_names: &[String]) -> Result<String, OptimizeError> {
    let fixed = ["epoch", "training_loss", "gradient_norm"];
    let mut table = HistoryTable::new(&fixed, metric_names.iter());
    for row in history {
        let (expected, found) = (metric_names.len(), row.metrics.len());
        if found != expected {
            return Err(OptimizeError::MetricCount { expected, found });
        }
        table.row(row.epoch, [row.loss, row.gradient_norm].iter().chain(&row.metrics));
    }
    Ok(table.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(epoch: usize, loss: f64, metrics: &[f64]) -> Epoch {
        Epoch { epoch, loss, gradient_norm: 1e-300, metrics: metrics.to_vec() }
    }

    #[test]
    fn a_table_with_a_line_an_epoch() {
        let names = ["loss".to_owned(), "p, q".to_owned()];
        let history = [row(0, f64::NAN, &[0.1 + 0.2, 1e22]), row(1, 0.5, &[-1.5, f64::INFINITY])];
        let expected = "epoch,training_loss,gradient_norm,loss,\"p, q\"\n\
                        0,NaN,1e-300,0.30000000000000004,1e22\n\
                        1,0.5,1e-300,-1.5,inf\n";
        assert_eq!(epochs_csv(&history, &names).expect("a name a metric"), expected);
        let error = epochs_csv(&history, &names[..1]).expect_err("a name too few");
        assert_eq!(error, OptimizeError::MetricCount { expected: 1, found: 2 });
    }
}
