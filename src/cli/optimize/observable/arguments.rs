//! Types of settings that only `optimize observable` has.

use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::cli::optimize::processes::{ProcessSource, ShapeSource};
use crate::cli::settings::Settle;

/// Maximum number of hidden layers.
const MOST_LAYERS: usize = 100;

/// Units of each hidden layer: `128,64`, `128x4`, `none` or, in a file, a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(in crate::cli) struct HiddenLayers(pub(in crate::cli) Vec<usize>);

impl HiddenLayers {
    fn new(units: Vec<usize>, found: &str) -> Result<Self, String> {
        match (0..=MOST_LAYERS).contains(&units.len()) {
            true => Ok(Self(units)),
            false => Err(refusal(found)),
        }
    }
}

fn refusal(found: &str) -> String {
    format!(
        "expected the units of each hidden layer, up to {MOST_LAYERS} of them, as in 128,64 or 128x4, \
         or none; found '{found}'"
    )
}

impl FromStr for HiddenLayers {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| part.trim().parse::<usize>().map_err(|_| refusal(text));
        if text == "none" {
            return Ok(Self(Vec::new()));
        }
        let units = match text.split_once('x') {
            // The number is capped at one more than allowed, which is refused just like any larger
            // number.
            Some((units, layers)) => match number(layers)?.min(MOST_LAYERS + 1) {
                0 => return Err(refusal(text)),
                layers => vec![number(units)?; layers],
            },
            None => text.split(',').map(number).collect::<Result<_, _>>()?,
        };
        Self::new(units, text)
    }
}

impl<'de> Deserialize<'de> for HiddenLayers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a list of units, or a text as in \"128x4\"")]
        enum Form {
            Units(Vec<usize>),
            Text(String),
        }
        let read = match Form::deserialize(deserializer)? {
            Form::Units(units) => Self::new(units.clone(), &format!("{units:?}")),
            Form::Text(text) => text.parse(),
        };
        read.map_err(serde::de::Error::custom)
    }
}

impl Settle<Vec<usize>> for Option<HiddenLayers> {
    fn settle(&mut self, units: &mut Vec<usize>) {
        units.clone_from(&self.get_or_insert_with(|| HiddenLayers(units.clone())).0);
    }
}

/// A table `[[fill]]` of a settings file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FillTable {
    channel: String,
    sample: String,
    file: PathBuf,
    weight_column: Option<String>,
    #[serde(default)]
    shape: Vec<ShapeSource>,
}

/// The events that populate a sample of a template.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(from = "FillTable", into = "FillTable")]
pub(super) struct FillSource {
    pub(super) channel: String,
    /// The process, named like the sample.
    pub(super) process: ProcessSource,
}

impl From<FillTable> for FillSource {
    fn from(table: FillTable) -> Self {
        let FillTable { channel, sample, file, weight_column, shape } = table;
        let name = Some(sample);
        Self { channel, process: ProcessSource { name, file, weight_column, shape } }
    }
}

impl From<FillSource> for FillTable {
    fn from(source: FillSource) -> Self {
        let FillSource { channel, process } = source;
        let sample = process.name();
        let ProcessSource { file, weight_column, shape, .. } = process;
        Self { channel, sample, file, weight_column, shape }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_read_in_every_form() {
        for (text, units) in [
            ("8", vec![8]),
            ("128,64", vec![128, 64]),
            ("128, 64", vec![128, 64]),
            ("16x3", vec![16; 3]),
            ("0", vec![0]),
            ("none", Vec::new()),
        ] {
            assert_eq!(text.parse::<HiddenLayers>(), Ok(HiddenLayers(units)), "{text}");
        }
        for text in ["", "a", "8,", "8x", "x4", "8x0", "8x101", "8x99999999999", "-8", "8x4x2"] {
            let error = text.parse::<HiddenLayers>().expect_err("no layers");
            assert!(error.ends_with(&format!("found '{text}'")), "{error}");
        }
    }
}
