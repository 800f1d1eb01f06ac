//! A digest of a problem, so that a checkpoint is not resumed on another one.

use sha2::{Digest, Sha256};

use super::data::BinningData;
use super::problem::BinningProblem;
use crate::events::EventError;

impl BinningProblem<'_> {
    /// SHA-256, in hexadecimal, of the data's columns and weights, the categories, the options, the
    /// number of bins and the seed of their start; `data` are those of the problem.
    ///
    /// # Errors
    /// [`EventError::MissingColumn`], of other data.
    pub fn fingerprint(
        &self,
        data: &BinningData,
        bins: usize,
        seed: u64,
    ) -> Result<String, EventError> {
        let mut digest = Sha256::new();
        for sample in data.samples() {
            let columns = self.columns();
            let columns = columns.iter().map(|(name, _)| sample.column(name));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            for numbers in columns.into_iter().chain([sample.weights()]) {
                digest.update((numbers.len() as u64).to_le_bytes());
                numbers.iter().for_each(|number| digest.update(number.to_le_bytes()));
            }
        }
        // Debug's form of plain data names every field and value.
        let kind = self.categories.kind();
        let (processes, columns) = (&self.processes, self.columns());
        let plain = (processes, columns, kind, &self.options, bins, seed);
        digest.update(format!("{plain:?}"));
        Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
