//! Settings: [`settings!`] declares each once, with its help, its flag and the value it sets.
//!
//! Flags win over a file (`--config`), which wins over the defaults. Defaults come from the
//! library: a setting that is not given takes over the existing value, so the settings written to
//! the output folder are complete, and `--help` prints what a run without settings would write.
//! Merging is generated field by field because maps of JSON cannot represent NaN, which must be
//! refused by name, and maps of TOML cannot represent the larger seeds.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Arg, ArgAction, Args};
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::cli::error::CliError;
use crate::cli::input::read_file;

/// A setting that sets a value if it is given, and takes the value over otherwise.
pub(in crate::cli) trait Settle<T> {
    fn settle(&mut self, value: &mut T);
}

impl<T: Clone> Settle<T> for Option<T> {
    fn settle(&mut self, value: &mut T) {
        value.clone_from(self.get_or_insert_with(|| value.clone()));
    }
}

/// For an optional value, a setting that is not given may stay `None`.
impl<T: Clone> Settle<Option<T>> for Option<T> {
    fn settle(&mut self, value: &mut Option<T>) {
        *self = self.take().or_else(|| value.take());
        value.clone_from(self);
    }
}

impl<T: Clone> Settle<Vec<T>> for Vec<T> {
    fn settle(&mut self, value: &mut Vec<T>) {
        if self.is_empty() {
            self.clone_from(value);
        } else {
            value.clone_from(self);
        }
    }
}

/// A switch can only be turned on.
impl Settle<bool> for bool {
    fn settle(&mut self, value: &mut bool) {
        *self |= *value;
        *value = *self;
    }
}

/// The values that settings set.
pub(in crate::cli) trait Values: Sized {
    /// The values of a run without settings, and those of other kinds of runs with a suffix such as
    /// " for a mixture"; `--help` prints them.
    fn defaults() -> Vec<(Self, &'static str)>;
}

/// The interface of the types that [`settings!`] generates.
pub(in crate::cli) trait Fields:
    Args + Clone + Default + Serialize + DeserializeOwned
{
    type Values: Values;

    /// These settings, with those of `others` where none is given.
    fn or(self, others: Self) -> Self;

    /// Sets the values; settings that are not given take over the existing values.
    fn settle(&mut self, values: &mut Self::Values);

    /// The settings that are given, under their names in a file.
    fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("paths are checked to be UTF-8")
    }
}

/// Settings that a file may contain.
pub(in crate::cli) trait Settings: Fields {
    /// Every file that the settings name.
    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf>;

    /// A file's settings without those that flags with other names replace.
    fn beside(self, flags: &Self) -> Self;
}

pub(in crate::cli) fn is_unset<T: Default + PartialEq>(setting: &T) -> bool {
    *setting == T::default()
}

/// Declares settings: `field: type => value`, with the help as doc comment and the flag as `arg`.
///
/// The key in files and in JSON is the field's name with hyphens. The value is a path in the values
/// that are set; without one, the subcommand handles the setting itself.
macro_rules! settings {
    (
        $(#[$($of_all:tt)*])*
        $visibility:vis struct $name:ident for $values:ty {
            $(
                $(#[$($of_one:tt)*])*
                $setting:ident: $type:ty $(=> $($value:ident).+)?,
            )*
        }
    ) => {
        #[derive(clap::Args, Clone, Debug, Default, serde::Deserialize, serde::Serialize)]
        $(#[$($of_all)*])*
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        #[command(mut_args($crate::cli::settings::with_defaults::<Self>()))]
        $visibility struct $name {
            $(
                $(#[$($of_one)*])*
                #[serde(skip_serializing_if = "crate::cli::settings::is_unset")]
                $visibility $setting: $type,
            )*
        }

        impl $crate::cli::settings::Fields for $name {
            type Values = $values;

            fn or(mut self, mut others: Self) -> Self {
                use $crate::cli::settings::Settle;
                $(self.$setting.settle(&mut others.$setting);)*
                self
            }

            fn settle(&mut self, values: &mut $values) {
                use $crate::cli::settings::Settle;
                $($(self.$setting.settle(&mut values.$($value).+);)?)*
            }
        }
    };
}
pub(in crate::cli) use settings;

/// Flags, and the settings file that they override.
#[derive(Args, Debug)]
pub(super) struct Configured<S: Args> {
    /// TOML file with settings, or a JSON file (.json) such as the settings that a run has written.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: S,
}

impl<S: Settings> Configured<S> {
    /// The combined settings of flags and file.
    pub(super) fn load(&self) -> Result<S, CliError> {
        let flags = self.flags.clone();
        let Some(path) = &self.config else { return Ok(flags) };
        Ok(flags.or(from_file::<S>(path)?.beside(&self.flags)))
    }
}

/// Settings from a file, whose relative paths are relative to its folder.
fn from_file<S: Settings>(path: &Path) -> Result<S, CliError> {
    let text = read_file(path)?;
    let read = if path.extension().is_some_and(|ending| ending == "json") {
        serde_json::from_str(&text).map_err(|cause| cause.to_string())
    } else {
        toml::from_str(&text).map_err(|cause| cause.to_string().trim_end().to_owned())
    };
    let mut settings: S =
        read.map_err(|cause| CliError::Config { path: path.to_owned(), cause })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    settings.files().for_each(|file| *file = folder.join(&*file));
    Ok(settings)
}

/// Adds the default value of each setting to its help.
pub(in crate::cli) fn with_defaults<S: Fields>() -> impl FnMut(Arg) -> Arg {
    let settled = |(mut values, of_kind): (S::Values, &'static str)| {
        let mut settings = S::default();
        settings.settle(&mut values);
        (settings.to_json(), of_kind)
    };
    let defaults: Vec<(Value, &str)> = S::Values::defaults().into_iter().map(settled).collect();
    move |arg| {
        let key = arg.get_id().as_str().replace('_', "-");
        let separator = if matches!(arg.get_action(), ArgAction::Append) { " " } else { "," };
        let of_kinds = defaults.iter();
        let values = of_kinds.filter_map(|(settings, kind)| Some((settings.get(&key)?, *kind)));
        let mut values: Vec<(&Value, &str)> = values.collect();
        values.dedup_by_key(|(value, _)| *value);
        let texts: Vec<String> =
            values.iter().map(|(value, kind)| text_of(value, separator) + kind).collect();
        match arg.get_help() {
            Some(help) if !texts.is_empty() => {
                let help = format!("{help} [default: {}]", texts.join("; "));
                arg.help(help)
            }
            _ => arg,
        }
    }
}

/// A value in the form used in its flag.
fn text_of(value: &Value, separator: &str) -> String {
    let (parts, separator): (Vec<&Value>, _) = match value {
        Value::String(text) => return text.clone(),
        Value::Array(values) => (values.iter().collect(), separator),
        // A schedule consists of its name and numbers, in the order of its text form.
        Value::Object(entries) => (entries.values().collect(), ":"),
        number => return number.to_string().trim_end_matches(".0").to_owned(),
    };
    parts.iter().map(|part| text_of(part, separator)).collect::<Vec<_>>().join(separator)
}

/// Optional settings that are written as text in files, like their flags.
pub(super) mod text {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer, de};

    pub(in crate::cli) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn parse<T: FromStr<Err: Display>, E: de::Error>(text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    pub(in crate::cli) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        parse(&String::deserialize(deserializer)?).map(Some)
    }
}

/// Lists of settings that are written as text in files.
pub(in crate::cli) mod texts {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer};

    pub(in crate::cli) fn serialize<T: Display, S: Serializer>(
        values: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(ToString::to_string))
    }

    pub(in crate::cli) fn deserialize<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| super::text::parse(text)).collect()
    }
}
