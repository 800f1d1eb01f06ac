//! Digests of problems, so that a checkpoint or a file of toys is not resumed on another problem.

use std::fmt::Debug;

use sha2::{Digest, Sha512_256};

/// How many numbers are hashed at a time.
const BATCH: usize = 4_096;

/// SHA-512/256 of numbers and plain data. (The processor's instructions for SHA-256 stall for
/// microseconds when mixed with 256-bit vector instructions, to which this crate is compiled.)
pub(crate) struct Fingerprint(Sha512_256);

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self(Sha512_256::new())
    }

    /// A digest with a text as its first part.
    pub(crate) fn of_text(text: &str) -> Self {
        Self(Sha512_256::new_with_prefix(text))
    }

    /// Adds a list of numbers, bit by bit.
    pub(crate) fn numbers(&mut self, numbers: &[f64]) {
        self.0.update((numbers.len() as u64).to_le_bytes());
        for batch in numbers.chunks(BATCH) {
            let bytes: Vec<u8> = batch.iter().flat_map(|number| number.to_le_bytes()).collect();
            self.0.update(bytes);
        }
    }

    /// Adds plain data, whose Debug form names every field and value; returns the digest, in
    /// hexadecimal.
    pub(crate) fn finish(mut self, plain: &impl Debug) -> String {
        self.0.update(format!("{plain:?}"));
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_hash_of_the_bytes() {
        let numbers: Vec<f64> = (0..BATCH + 10).map(|i| i as f64 / 7.0).collect();
        let mut fingerprint = Fingerprint::new();
        fingerprint.numbers(&numbers);
        let mut bytes = (numbers.len() as u64).to_le_bytes().to_vec();
        numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend(b"(1, \"a\")");
        let expected: String =
            Sha512_256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(fingerprint.finish(&(1, "a")), expected);
    }
}
