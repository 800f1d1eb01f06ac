//! Numbers that change over a training: learning rates, and the hardness of soft operations.
//!
//! Enters: a step and the number of steps. Leaves: the value at that step. With `t = step / last`,
//! which runs from 0 to 1:
//!
//! | schedule | value | as text |
//! |---|---|---|
//! | constant | `value` | `0.01` |
//! | cosine | `to + (from - to) (1 + cos(pi t)) / 2` | `cosine:0.1:0.001` |
//! | exponential | `from (to / from)^t` | `exponential:0.1:0.001` |
//! | step | `from / factor^floor(step / every)` | `step:2:5:500` |
//!
//! In TOML and JSON a schedule is a number, a text as above, or a table such as
//! `{ schedule = "cosine", from = 0.1, to = 0.001 }`. Each schedule is monotonic. Source: I.
//! Loshchilov, F. Hutter, arXiv:1608.03983, equation 5 (cosine, without restarts).

use std::f64::consts::PI;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The texts that [`Schedule`] accepts, for messages.
const FORMS: &str =
    "a number, cosine:FROM:TO, exponential:FROM:TO or step:FROM:FACTOR:EVERY, such as step:2:5:500";

/// A number that may change with the step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "schedule", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// A constant value.
    Constant {
        /// The value.
        value: f64,
    },
    /// Half a period of a cosine: flat at both ends.
    Cosine {
        /// At step 0.
        from: f64,
        /// At the last step.
        to: f64,
    },
    /// The same factor from each step to the next.
    Exponential {
        /// At step 0.
        from: f64,
        /// At the last step.
        to: f64,
    },
    /// A value that is divided by a factor every given number of steps.
    Step {
        /// At step 0.
        from: f64,
        /// The divisor; below 1 the value grows.
        factor: f64,
        /// Steps between divisions.
        every: usize,
    },
}

/// Why a schedule cannot be read or used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The text has none of the known forms.
    #[error("'{text}' is not a schedule; give {FORMS}")]
    Form {
        /// The text.
        text: String,
    },
    /// A part of the text is not a number.
    #[error("'{part}' in the schedule '{text}' is not {expected}; give {FORMS}")]
    Number {
        /// The text.
        text: String,
        /// The part.
        part: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A number is not positive and finite.
    #[error("a schedule's '{name}' is {value}; give a positive finite number")]
    NotPositive {
        /// The number's name.
        name: &'static str,
        /// The number.
        value: f64,
    },
    /// There are zero steps between divisions.
    #[error("a schedule's 'every' is 0; give the steps between divisions, at least 1")]
    EveryZero,
}

impl Schedule {
    /// The value at `step`, counted from 0, of `steps`.
    ///
    /// Step 0 gives `from` and step `steps - 1` gives `to`, both to the last bit. Later steps give
    /// the value of the last one; if there is only one step, it gives `from`.
    ///
    /// ```
    /// use diffhep::optimize::Schedule;
    /// let schedule = Schedule::Exponential { from: 1.0, to: 0.01 };
    /// assert_eq!([0, 5, 10].map(|step| schedule.at(step, 11)), [1.0, 0.1, 0.01]);
    /// ```
    pub fn at(&self, step: usize, steps: usize) -> f64 {
        let last = steps.saturating_sub(1);
        let step = step.min(last);
        match *self {
            Self::Constant { value } => value,
            Self::Cosine { from, .. } | Self::Exponential { from, .. } if step == 0 => from,
            Self::Cosine { to, .. } | Self::Exponential { to, .. } if step == last => to,
            Self::Cosine { from, to } => {
                let t = step as f64 / last as f64;
                to + (from - to) * 0.5 * (1.0 + (PI * t).cos())
            }
            Self::Exponential { from, to } => from * (to / from).powf(step as f64 / last as f64),
            Self::Step { from, factor, every } => from / factor.powf((step / every) as f64),
        }
    }

    /// Whether the value stays the same from `step` to the last of `steps`.
    pub fn is_settled(&self, step: usize, steps: usize) -> bool {
        // A schedule is monotonic, so it cannot leave its last value and come back.
        self.at(step, steps) == self.at(steps, steps)
    }

    /// Checks that every number is positive and finite.
    ///
    /// # Errors
    /// [`ScheduleError`], which names the number. Schedules read from text have passed this check.
    pub fn validate(&self) -> Result<(), ScheduleError> {
        let numbers: &[(&'static str, f64)] = match *self {
            Self::Constant { value } => &[("value", value)],
            Self::Cosine { from, to } | Self::Exponential { from, to } => {
                &[("from", from), ("to", to)]
            }
            Self::Step { every: 0, .. } => return Err(ScheduleError::EveryZero),
            Self::Step { from, factor, .. } => &[("from", from), ("factor", factor)],
        };
        match numbers.iter().find(|(_, value)| !(*value > 0.0 && value.is_finite())) {
            Some(&(name, value)) => Err(ScheduleError::NotPositive { name, value }),
            None => Ok(()),
        }
    }

    fn valid(self) -> Result<Self, ScheduleError> {
        self.validate().map(|()| self)
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let wrong = |part: &str, expected| ScheduleError::Number {
            text: text.to_owned(),
            part: part.to_owned(),
            expected,
        };
        let number = |part: &str| part.parse::<f64>().map_err(|_| wrong(part, "a number"));
        let count = |part: &str| part.parse().map_err(|_| wrong(part, "a whole number of steps"));
        let parts: Vec<&str> = text.trim().split(':').collect();
        let schedule = match parts[..] {
            ["cosine", from, to] => Self::Cosine { from: number(from)?, to: number(to)? },
            ["exponential", from, to] => Self::Exponential { from: number(from)?, to: number(to)? },
            ["step", from, factor, every] => {
                Self::Step { from: number(from)?, factor: number(factor)?, every: count(every)? }
            }
            [value] => match value.parse() {
                Ok(value) => Self::Constant { value },
                Err(_) => return Err(ScheduleError::Form { text: text.to_owned() }),
            },
            _ => return Err(ScheduleError::Form { text: text.to_owned() }),
        };
        schedule.valid()
    }
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Constant { value } => serializer.serialize_f64(*value),
            // Uses the derived implementation, which `remote` makes an associated function.
            _ => Self::serialize(self, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyForm)
    }
}

/// Reads a number, a text or a table.
struct AnyForm;

impl<'de> Visitor<'de> for AnyForm {
    type Value = Schedule;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a number, a schedule's text or a table with the key 'schedule'")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Schedule, E> {
        Schedule::Constant { value }.valid().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Schedule, E> {
        self.visit_f64(value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Schedule, E> {
        self.visit_f64(value as f64)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Schedule, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Schedule, A::Error> {
        let derived: Schedule = Schedule::deserialize(MapAccessDeserializer::new(map))?;
        derived.valid().map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSINE: Schedule = Schedule::Cosine { from: 0.1, to: 0.001 };
    const EXPONENTIAL: Schedule = Schedule::Exponential { from: 0.1, to: 0.001 };
    const STEP: Schedule = Schedule::Step { from: 2.0, factor: 5.0, every: 500 };

    #[derive(Debug, Deserialize)]
    struct Settings {
        learning_rate: Schedule,
    }

    fn from_toml(text: &str) -> Result<Schedule, String> {
        let settings = toml::from_str::<Settings>(text).map_err(|error| error.to_string());
        settings.map(|settings| settings.learning_rate)
    }

    #[test]
    fn ends_are_exact_and_the_middle_is_the_formula() {
        for steps in [2, 3, 7, 101, 1000] {
            for schedule in [COSINE, EXPONENTIAL] {
                assert_eq!(schedule.at(0, steps), 0.1);
                assert_eq!(schedule.at(steps - 1, steps), 0.001);
                assert_eq!(schedule.at(steps + 5, steps), 0.001);
            }
        }
        assert!((COSINE.at(5, 11) - 0.0505).abs() < 1e-16);
        assert!((EXPONENTIAL.at(5, 11) - 0.01).abs() < 1e-16);
        let values = [0, 499, 500, 999, 1000, 1500].map(|step| STEP.at(step, 1400));
        assert_eq!(values, [2.0, 2.0, 0.4, 0.4, 0.08, 0.08]);
        assert_eq!(Schedule::Constant { value: 3.0 }.at(7, 8), 3.0);
    }

    #[test]
    fn a_single_step_has_the_starting_value() {
        assert_eq!([COSINE, EXPONENTIAL, STEP].map(|s| s.at(0, 1)), [0.1, 0.1, 2.0]);
        assert_eq!([COSINE, EXPONENTIAL, STEP].map(|s| s.at(1, 1)), [0.1, 0.1, 2.0]);
    }

    #[test]
    fn settled_from_where_nothing_changes_any_more() {
        assert!(Schedule::Constant { value: 1.0 }.is_settled(0, 10));
        assert!(Schedule::Cosine { from: 0.3, to: 0.3 }.is_settled(0, 10));
        assert!(!COSINE.is_settled(8, 10) && COSINE.is_settled(9, 10));
        assert!(!STEP.is_settled(999, 1400) && STEP.is_settled(1000, 1400));
    }

    #[test]
    fn texts_are_read() {
        let cases = [
            ("0.01", Schedule::Constant { value: 0.01 }),
            ("cosine:0.1:0.001", COSINE),
            ("exponential:0.1:0.001", EXPONENTIAL),
            ("step:2:5:500", STEP),
        ];
        for (text, schedule) in cases {
            assert_eq!(text.parse(), Ok(schedule), "{text}");
        }
    }

    #[test]
    fn texts_of_other_forms_are_refused_and_the_forms_named() {
        for text in ["", "fast", "cosine", "cosine:1", "cosine:1:2:3", "linear:1:2", "0.1:0.2"] {
            let error = text.parse::<Schedule>().unwrap_err();
            assert_eq!(error, ScheduleError::Form { text: text.to_owned() });
            assert!(error.to_string().contains("exponential:FROM:TO"));
        }
        for (text, wrong) in [("cosine:a:1", "a"), ("step:1:2:2.5", "2.5"), ("step:1:2:-1", "-1")] {
            let error = text.parse::<Schedule>().unwrap_err();
            let ScheduleError::Number { part, .. } = error else { panic!("{error}") };
            assert_eq!(part, wrong);
        }
    }

    #[test]
    fn numbers_must_be_positive_and_finite() {
        let cases =
            [("0", "value"), ("nan", "value"), ("cosine:1:-1", "to"), ("step:1:0:5", "factor")];
        for (text, expected) in cases {
            let error = text.parse::<Schedule>().unwrap_err();
            let ScheduleError::NotPositive { name, .. } = error else { panic!("{error}") };
            assert_eq!(name, expected);
        }
        let infinite = Schedule::Exponential { from: f64::INFINITY, to: 1.0 };
        assert!(matches!(infinite.validate(), Err(ScheduleError::NotPositive { .. })));
        assert_eq!("step:1:2:0".parse::<Schedule>(), Err(ScheduleError::EveryZero));
    }

    #[test]
    fn toml_says_it_in_three_ways() {
        let table = r#"learning_rate = { schedule = "cosine", from = 0.1, to = 0.001 }"#;
        assert_eq!(from_toml(table), Ok(COSINE));
        assert_eq!(from_toml("learning_rate = \"step:2:5:500\""), Ok(STEP));
        assert_eq!(from_toml("learning_rate = 1"), Ok(Schedule::Constant { value: 1.0 }));
        assert_eq!(from_toml("learning_rate = 0.01"), Ok(Schedule::Constant { value: 0.01 }));
    }

    #[test]
    fn toml_with_other_fields_or_numbers_is_refused() {
        let cases = [
            (r#"{ schedule = "cosine", from = 1, to = 2, until = 3 }"#, "until"),
            (r#"{ schedule = "linear", from = 1, to = 2 }"#, "linear"),
            (r#"{ schedule = "cosine", from = 1 }"#, "to"),
            (r#"{ from = 1, to = 2 }"#, "schedule"),
            (r#"{ schedule = "cosine", from = 1, to = -2 }"#, "'to' is -2"),
            ("0", "'value' is 0"),
            ("true", "a number"),
        ];
        for (value, named) in cases {
            let error = from_toml(&format!("learning_rate = {value}")).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn json_comes_back_to_the_last_bit() {
        for schedule in [Schedule::Constant { value: 0.1 + 0.2 }, COSINE, EXPONENTIAL, STEP] {
            let text = serde_json::to_string(&schedule).unwrap();
            assert_eq!(serde_json::from_str::<Schedule>(&text).unwrap(), schedule, "{text}");
        }
    }
}
