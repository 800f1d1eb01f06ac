//! A digest of a problem, so that a checkpoint is not resumed on another one.

use sha2::{Digest, Sha256};

use super::problem::{CutProblem, Process};

impl CutProblem<'_> {
    /// SHA-256 of the samples' columns and weights, the cuts and the options, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        for Process { columns, weights } in [&self.signal, &self.background] {
            for numbers in columns.iter().chain([weights]) {
                digest.update((numbers.len() as u64).to_le_bytes());
                numbers.iter().for_each(|number| digest.update(number.to_le_bytes()));
            }
        }
        // Debug's form of plain data names every field and value.
        digest.update(format!("{:?} {:?}", self.cuts, self.options));
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
