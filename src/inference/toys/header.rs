//! The first line of a file of toys: everything that its toys depend on.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ToyFileError;
use crate::fit::FitOptions;
use crate::histfactory::Model;
use crate::inference::TestStatistic;
use crate::persistence::{FileError, Fingerprint, Keys, Kind, Lines, check_settings};

/// The format of toy files. The version also goes up when the toys of a seed change.
pub(super) const TOYS: Kind =
    Kind { format: "diffhep toys", version: 1, content: "toys", foreign: "is not a file of toys" };

/// Which test a file's toys belong to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TestSettings {
    /// The statistic.
    pub test_statistic: TestStatistic,
    /// The tested signal strength.
    pub tested_poi: f64,
}

/// Everything toys depend on: in two runs with the same header, toys with the same number are
/// identical.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToyHeader {
    format: String,
    version: u64,
    experiment: String,
    /// SHA-512/256 of the compiled model and of the observed data.
    model: String,
    data: String,
    channels: Vec<String>,
    poi: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_stat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_poi: Option<f64>,
    seed: u64,
    tolerance: f64,
    max_steps: usize,
    max_halvings: usize,
}

fn model_fingerprint(model: &Model) -> String {
    let mut fingerprint = Fingerprint::new();
    let c = &model.coefficients;
    let lists = [&c.nominal, &c.shift_s, &c.shift_a, &c.norm, &c.constraint];
    lists.into_iter().for_each(|numbers| fingerprint.numbers(numbers));
    fingerprint.numbers(model.suggested_init());
    let (lower, upper): (Vec<f64>, Vec<f64>) = model.suggested_bounds().iter().copied().unzip();
    fingerprint.numbers(&lower);
    fingerprint.numbers(&upper);
    let names = (model.channels(), model.parameter_names(), model.poi_index());
    let plain = (names, model.suggested_fixed(), model.interpolation(), &model.structure);
    fingerprint.finish(&plain)
}

impl ToyHeader {
    /// The header for toys of a test, or of goodness of fit where there is no test.
    pub(in crate::inference) fn new(
        model: &Model,
        data: &[f64],
        test: Option<TestSettings>,
        seed: u64,
        fit: &FitOptions,
    ) -> Self {
        let mut observed = Fingerprint::new();
        observed.numbers(data);
        let statistic = |test: TestSettings| test.test_statistic.name().to_owned();
        let experiment = if test.is_some() { "hypothesis test" } else { "goodness of fit" };
        Self {
            format: TOYS.format.to_owned(),
            version: TOYS.version,
            experiment: experiment.to_owned(),
            model: model_fingerprint(model),
            data: observed.finish(&()),
            channels: model.channels().iter().map(|channel| channel.name.clone()).collect(),
            poi: model.poi_name().to_owned(),
            test_stat: test.map(statistic),
            test_poi: test.map(|test| test.tested_poi),
            seed,
            tolerance: fit.tolerance,
            max_steps: fit.max_steps,
            max_halvings: fit.max_halvings,
        }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The test; `None` for goodness of fit.
    pub fn test(&self) -> Option<TestSettings> {
        let test_statistic = self.test_stat.as_ref()?.parse().ok()?;
        Some(TestSettings { test_statistic, tested_poi: self.test_poi? })
    }

    /// Settings of each fit.
    pub fn fit(&self) -> FitOptions {
        let Self { tolerance, max_steps, max_halvings, .. } = *self;
        FitOptions { tolerance, max_steps, max_halvings }
    }

    /// The header of a file of toys.
    ///
    /// # Errors
    /// [`ToyFileError`] where it cannot be read or is not a header.
    pub fn read(path: &Path) -> Result<Self, ToyFileError> {
        let (_, keys) = Lines::open(&TOYS, path)?;
        Self::from_keys(keys, path)
    }

    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).expect("keys are text, numbers are finite") + "\n"
    }

    /// The header in a file's first line.
    pub(super) fn from_keys(keys: Keys, path: &Path) -> Result<Self, ToyFileError> {
        let damaged =
            |cause: String| ToyFileError::Damaged { path: path.to_owned(), line: 1, cause };
        let header: Self =
            serde_json::from_value(Value::Object(keys)).map_err(|e| damaged(e.to_string()))?;
        match &header.test_stat {
            Some(name) if header.test().is_none() => {
                Err(damaged(format!("'{name}' is no test statistic, or test_poi is missing")))
            }
            _ => Ok(header),
        }
    }

    /// Refuses a file's header that differs from this one, naming the first setting that differs.
    pub(super) fn check(&self, found: &Self, path: &Path) -> Result<(), FileError> {
        check_settings(&keys(self), &keys(found), path)
    }
}

fn keys(header: &ToyHeader) -> Keys {
    match serde_json::to_value(header) {
        Ok(Value::Object(keys)) => keys,
        _ => unreachable!("a header is a JSON object"),
    }
}
