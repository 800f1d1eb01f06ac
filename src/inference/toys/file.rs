//! Files of toys: a header, then one line per toy, appended as toys finish.
//!
//! Enters: records in the order of the run: by toy number, then by hypothesis. Leaves: JSON lines
//! `{"toy": 0, "hypothesis": "signal", "statistic": q, "poi": fitted}` or
//! `{"toy": 0, "hypothesis": "signal", "failed": "free fit: stalled"}`. The bytes depend only on
//! the header and the toys, not on the time, the number of threads, or where a run was interrupted.

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::ToyFileError;
use super::header::{TOYS, ToyHeader};
use super::plan::Plan;
use super::record::{Hypothesis, LARGEST_TOY, ToyRecord, ToySet, ToyValue};
use crate::persistence::{LineFile, Lines};

/// A toy's line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    toy: u64,
    hypothesis: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistic: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poi: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

fn write_line(record: &ToyRecord, out: &mut Vec<u8>) {
    let value = record.outcome.ok();
    let line = Line {
        toy: record.toy,
        hypothesis: Cow::Borrowed(record.hypothesis.name()),
        statistic: value.map(|value| value.statistic),
        poi: value.map(|value| value.poi),
        failed: record.outcome.err().map(|failure| failure.to_string()),
    };
    serde_json::to_writer(&mut *out, &line).expect("numbers are finite");
    out.push(b'\n');
}

/// The record of a line, or what is wrong with it.
fn read_line(bytes: &[u8]) -> Result<ToyRecord, String> {
    let line: Line = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let hypothesis: Hypothesis = line.hypothesis.parse().map_err(|e| format!("{e}"))?;
    if line.toy > LARGEST_TOY {
        return Err(format!("toy {} is beyond the largest number, {LARGEST_TOY}", line.toy));
    }
    let outcome = match (line.statistic, line.poi, line.failed) {
        (Some(statistic), Some(poi), None) if statistic >= 0.0 => Ok(ToyValue { statistic, poi }),
        (Some(statistic), Some(_), None) => return Err(format!("the statistic is {statistic}")),
        (None, None, Some(reason)) => {
            Err(reason.parse().map_err(|e| format!("failed is '{reason}': {e}"))?)
        }
        _ => return Err("a toy has statistic and poi, or failed".to_owned()),
    };
    Ok(ToyRecord { toy: line.toy, hypothesis, outcome })
}

/// How a toy is named in messages.
fn named(toy: u64, hypothesis: Hypothesis) -> String {
    format!("toy {toy} of the {} hypothesis", hypothesis.name())
}

/// The next toy in a file.
fn next_record(lines: &mut Lines) -> Result<Option<ToyRecord>, ToyFileError> {
    let Some(record) = lines.next()?.map(read_line) else { return Ok(None) };
    record.map(Some).map_err(|cause| damaged(lines, cause))
}

fn damaged(lines: &Lines, cause: String) -> ToyFileError {
    ToyFileError::Damaged { path: lines.path().to_owned(), line: lines.number(), cause }
}

/// A file to which a run appends its toys. It is locked against other runs while it is open.
pub(super) struct ToyFile(LineFile);

impl ToyFile {
    /// Creates a file for a run or continues it; passes the toys that it contains to `known`.
    pub(super) fn open(
        path: &Path,
        plan: &Plan,
        known: &mut dyn FnMut(ToyRecord),
    ) -> Result<Self, ToyFileError> {
        let read = |keys, lines: &mut Lines| {
            plan.header.check(&ToyHeader::from_keys(keys, path)?, path)?;
            plan.take_known(lines, known)
        };
        Ok(Self(LineFile::open(&TOYS, path, &plan.header.line(), read)?))
    }

    /// Appends toys.
    pub(super) fn append(&mut self, records: &[ToyRecord]) -> Result<(), ToyFileError> {
        let mut bytes = Vec::with_capacity(96 * records.len());
        records.iter().for_each(|record| write_line(record, &mut bytes));
        Ok(self.0.append(&bytes)?)
    }
}

impl Plan<'_> {
    /// Reads the toys in a file, which must be the run's first ones in its order.
    fn take_known(
        &self,
        lines: &mut Lines,
        known: &mut dyn FnMut(ToyRecord),
    ) -> Result<(), ToyFileError> {
        let mut index = 0;
        while let Some(record) = next_record(lines)? {
            let path = lines.path().to_owned();
            if index == self.n_items() {
                return Err(ToyFileError::Longer { path, asked: self.run.toys });
            }
            let (toy, hypothesis) = self.item(index);
            if (record.toy, record.hypothesis) != (toy, hypothesis) {
                let expected = named(toy, hypothesis);
                let found = named(record.toy, record.hypothesis);
                return Err(ToyFileError::Order { path, line: lines.number(), expected, found });
            }
            known(record);
            index += 1;
        }
        Ok(())
    }
}

/// The toys of several files with a given header, each counted once.
pub(in crate::inference) fn merge(
    paths: &[PathBuf],
    header: &ToyHeader,
    hypotheses: &[Hypothesis],
) -> Result<ToySet, ToyFileError> {
    let mut records: Vec<(ToyRecord, usize)> = Vec::new();
    for (file, path) in paths.iter().enumerate() {
        let (mut lines, keys) = Lines::open(&TOYS, path)?;
        header.check(&ToyHeader::from_keys(keys, path)?, path)?;
        while let Some(record) = next_record(&mut lines)? {
            if !hypotheses.contains(&record.hypothesis) {
                let cause = format!("'{}' is no hypothesis of this test", record.hypothesis.name());
                return Err(damaged(&lines, cause));
            }
            records.push((record, file));
        }
    }
    records.sort_by_key(|(record, file)| (record.toy, record.hypothesis, *file));
    let same = |a: &ToyRecord, b: &ToyRecord| (a.toy, a.hypothesis) == (b.toy, b.hypothesis);
    for pair in records.windows(2) {
        let [(before, _), (record, file)] = pair else { unreachable!("windows of two") };
        if same(before, record) && before != record {
            let toy = named(record.toy, record.hypothesis);
            return Err(ToyFileError::Contradiction { path: paths[*file].clone(), toy });
        }
    }
    records.dedup_by(|(after, _), (before, _)| same(before, after));
    let (Some((first, _)), Some((last, _))) = (records.first(), records.last()) else {
        return Err(ToyFileError::Empty { path: paths.first().cloned().unwrap_or_default() });
    };
    let mut set = ToySet::new(hypotheses, first.toy..last.toy + 1);
    records.iter().for_each(|(record, _)| set.add(record));
    set.gaps = gaps(records.iter().map(|(record, _)| record.toy), hypotheses.len());
    Ok(set)
}

/// Ranges of toys that have fewer records than there are hypotheses; `toys` ascend.
fn gaps(toys: impl Iterator<Item = u64>, hypotheses: usize) -> Vec<Range<u64>> {
    let (mut gaps, mut next, mut missing): (Vec<Range<u64>>, u64, usize) = (Vec::new(), 0, 0);
    let mut add = |gap: Range<u64>| match gaps.last_mut() {
        Some(last) if last.end == gap.start => last.end = gap.end,
        _ => gaps.push(gap),
    };
    let mut is_first = true;
    for toy in toys {
        if !is_first && toy + 1 == next {
            missing -= 1;
            continue;
        }
        if missing > 0 {
            add(next - 1..next);
        }
        if !is_first && toy > next {
            add(next..toy);
        }
        (next, missing, is_first) = (toy + 1, hypotheses - 1, false);
    }
    if missing > 0 {
        add(next - 1..next);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::super::record::{FailureCause, FitStage, ToyFailure};
    use super::*;

    #[test]
    fn lines_come_back_as_they_were() {
        let failure = ToyFailure { fit: FitStage::Tested, cause: FailureCause::StepLimit };
        let value = ToyValue { statistic: 0.1 + 0.2, poi: -1.0 / 3.0 };
        for outcome in [Ok(value), Err(failure)] {
            let record =
                ToyRecord { toy: LARGEST_TOY, hypothesis: Hypothesis::Background, outcome };
            let mut bytes = Vec::new();
            write_line(&record, &mut bytes);
            assert_eq!(read_line(&bytes), Ok(record));
        }
    }

    #[test]
    fn lines_that_are_no_toy_are_refused() {
        for (line, word) in [
            ("{}", "toy"),
            (r#"{"toy":-1,"hypothesis":"signal","statistic":1,"poi":1}"#, "-1"),
            (r#"{"toy":0,"hypothesis":"signals","statistic":1,"poi":1}"#, "unknown hypothesis"),
            (r#"{"toy":0,"hypothesis":"signal","statistic":-1,"poi":1}"#, "the statistic is -1"),
            (r#"{"toy":0,"hypothesis":"signal","statistic":1}"#, "statistic and poi"),
            (r#"{"toy":0,"hypothesis":"signal","statistic":1,"poi":1,"failed":"x"}"#, "or failed"),
            (r#"{"toy":0,"hypothesis":"signal","failed":"free fit: x"}"#, "unknown cause"),
            (r#"{"toy":9007199254740992,"hypothesis":"signal","failed":"x"}"#, "beyond"),
            (r#"{"toy":0,"hypothesis":"signal","statistic":1,"poi":1,"more":1}"#, "more"),
        ] {
            let cause = read_line(line.as_bytes()).expect_err(line);
            assert!(cause.contains(word), "{line}: {cause}");
        }
    }

    #[test]
    fn gaps_are_ranges_of_toys_that_are_not_whole() {
        let found = |toys: &[u64], hypotheses| -> Vec<(u64, u64)> {
            let gaps = gaps(toys.iter().copied(), hypotheses);
            gaps.into_iter().map(|gap| (gap.start, gap.end)).collect()
        };
        assert!(found(&[4, 4, 5, 5], 2).is_empty() && found(&[0, 1, 2], 1).is_empty());
        assert_eq!(found(&[4, 4, 7, 7, 8, 8, 10, 10], 2), [(5, 7), (9, 10)]);
        // Half of toys 5 and 9.
        assert_eq!(found(&[4, 4, 5, 7, 7, 8, 8, 9], 2), [(5, 7), (9, 10)]);
        assert_eq!(found(&[0, 3], 1), [(1, 3)]);
        assert_eq!(found(&[0], 2), [(0, 1)]);
    }
}
