//! A digest of a problem.

use super::problem::{CutProblem, Process};
use crate::persistence::Fingerprint;

impl CutProblem<'_> {
    /// SHA-512/256 of the samples' columns and weights, the cuts and the options, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::new();
        for Process { columns, weights } in [&self.signal, &self.background] {
            columns.iter().chain([weights]).for_each(|numbers| fingerprint.numbers(numbers));
        }
        fingerprint.finish(&(&self.cuts, &self.options))
    }
}
