//! A digest of a problem.

use super::problem::BinningProblem;
use crate::analyses::ProcessData;
use crate::events::EventError;
use crate::persistence::Fingerprint;

impl BinningProblem<'_> {
    /// SHA-512/256, in hexadecimal, of the data's columns and weights, the categories, the options,
    /// the number of bins and the seed of their start; `data` must be the data of the problem.
    ///
    /// # Errors
    /// [`EventError::MissingColumn`] if `data` are not those of the problem.
    pub fn fingerprint(
        &self,
        data: &ProcessData,
        bins: usize,
        seed: u64,
    ) -> Result<String, EventError> {
        let mut fingerprint = Fingerprint::new();
        let columns = self.columns();
        for sample in data.samples() {
            for (name, _) in &columns {
                fingerprint.numbers(sample.column(name)?);
            }
            fingerprint.numbers(sample.weights());
        }
        let kind = self.categories.kind();
        Ok(fingerprint.finish(&(&self.processes, columns, kind, &self.options, bins, seed)))
    }
}
