//! Reading settings: texts in TOML and JSON as flags have them.

use std::path::Path;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::cli::error::CliError;
use crate::cli::input::read_file;

fn parse<'de, T, D>(text: &str) -> Result<T, D::Error>
where
    T: FromStr<Err: std::fmt::Display>,
    D: Deserializer<'de>,
{
    text.parse().map_err(|error: T::Err| serde::de::Error::custom(error.to_string()))
}

/// A text that is read as its flag is.
pub(super) fn text<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: std::fmt::Display>,
    D: Deserializer<'de>,
{
    parse::<T, D>(&String::deserialize(deserializer)?).map(Some)
}

/// A list of such texts.
pub(super) fn texts<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: FromStr<Err: std::fmt::Display>,
    D: Deserializer<'de>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| parse::<T, D>(text)).collect()
}

/// Settings from a TOML file.
pub(super) fn toml_file<T: DeserializeOwned>(path: &Path) -> Result<T, CliError> {
    let text = read_file(path)?;
    let refuse = |cause: toml::de::Error| CliError::Config {
        path: path.to_owned(),
        cause: cause.to_string().trim_end().to_owned(),
    };
    toml::from_str(&text).map_err(refuse)
}
