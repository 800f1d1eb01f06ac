//! Parameter sets: what modifiers ask for, what a measurement overrides, what a model holds.
//!
//! Enters: requirements of modifiers, a measurement's settings. Leaves: one [`ParameterSet`] a
//! name, whose components are contiguous in the model's parameter vector.
//! Source: pyhf 0.7's defaults and override rules; where pyhf ignores a setting that cannot
//! apply, or fails late, this is an error here.

use super::{ParameterOverride, WorkspaceError};

/// Bounds of a bin-wise factor with a constraint.
pub(super) const GAMMA_BOUNDS: (f64, f64) = (1e-10, 10.0);

/// The auxiliary measurement of a parameter set, one entry per component.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// None: the parameter is free.
    None,
    /// Normal auxiliary data around the parameter.
    Normal {
        /// Auxiliary data.
        auxdata: Vec<f64>,
        /// Widths; `None` stands for 1 and cannot be overridden.
        sigmas: Option<Vec<f64>>,
    },
    /// Poisson auxiliary counts with rate `factor * parameter`.
    Poisson {
        /// Auxiliary counts.
        auxdata: Vec<f64>,
        /// The factors `tau`.
        factors: Vec<f64>,
    },
}

/// What a modifier asks of its parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Requirement {
    pub(super) scalar: bool,
    pub(super) inits: Vec<f64>,
    pub(super) bounds: Vec<(f64, f64)>,
    pub(super) fixed: Vec<bool>,
    pub(super) constraint: Constraint,
}

impl Requirement {
    /// A nuisance parameter around 0 in standard deviations.
    pub(super) fn unit_normal() -> Self {
        Self {
            scalar: true,
            inits: vec![0.0],
            bounds: vec![(-5.0, 5.0)],
            fixed: vec![false],
            constraint: Constraint::Normal { auxdata: vec![0.0], sigmas: None },
        }
    }

    /// Free factors around 1.
    pub(super) fn free(components: usize, scalar: bool) -> Self {
        Self {
            scalar,
            inits: vec![1.0; components],
            bounds: vec![(0.0, 10.0); components],
            fixed: vec![false; components],
            constraint: Constraint::None,
        }
    }
}

fn place<T: Clone>(
    setting: &ParameterOverride,
    attribute: &'static str,
    target: Option<&mut Vec<T>>,
    given: &Option<Vec<T>>,
) -> Result<(), WorkspaceError> {
    let Some(given) = given else { return Ok(()) };
    let path = format!("{}/{attribute}", setting.path());
    let Some(target) = target else {
        return Err(WorkspaceError::UnusedAttribute {
            path,
            name: setting.name.clone(),
            attribute,
        });
    };
    // A requirement's empty list is one that the measurement must fill: lumi's, a scalar.
    let expected = target.len().max(1);
    if given.len() != expected {
        return Err(WorkspaceError::WrongLength { path, expected, found: given.len() });
    }
    target.clone_from(given);
    Ok(())
}

fn apply(setting: &ParameterOverride, requirement: &mut Requirement) -> Result<(), WorkspaceError> {
    place(setting, "inits", Some(&mut requirement.inits), &setting.inits)?;
    place(setting, "bounds", Some(&mut requirement.bounds), &setting.bounds)?;
    let (auxdata, sigmas, factors) = match &mut requirement.constraint {
        Constraint::None => (None, None, None),
        Constraint::Normal { auxdata, sigmas } => (Some(auxdata), sigmas.as_mut(), None),
        Constraint::Poisson { auxdata, factors } => (Some(auxdata), None, Some(factors)),
    };
    place(setting, "auxdata", auxdata, &setting.auxdata)?;
    // Auxiliary data of a Poisson constraint, the one that has factors, are counts.
    let counts = setting.auxdata.iter().filter(|_| factors.is_some()).flatten();
    if let Some((i, &found)) = counts.enumerate().find(|(_, count)| **count < 0.0) {
        let path = format!("{}/auxdata/{i}", setting.path());
        return Err(WorkspaceError::NegativeCount { path, found });
    }
    place(setting, "sigmas", sigmas, &setting.sigmas)?;
    place(setting, "factors", factors, &setting.factors)?;
    if let Some(fixed) = setting.fixed {
        requirement.fixed.fill(fixed);
    }
    Ok(())
}

/// The parameters that modifiers of one name share.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSet {
    /// The modifiers' name.
    pub name: String,
    /// The modifiers' types, in the order in which they were met.
    pub modifier_types: Vec<&'static str>,
    /// Whether it is one number, so that its name needs no index.
    pub scalar: bool,
    /// Initial values, one per component.
    pub inits: Vec<f64>,
    /// Lower and upper bounds, one pair per component.
    pub bounds: Vec<(f64, f64)>,
    /// Whether fits leave a component alone.
    pub fixed: Vec<bool>,
    /// The auxiliary measurement.
    pub constraint: Constraint,
    /// Where the first component stands in the parameter vector.
    pub offset: usize,
}

impl ParameterSet {
    /// Number of components.
    pub fn len(&self) -> usize {
        self.inits.len()
    }

    /// Whether it has no component, which no model's set is.
    pub fn is_empty(&self) -> bool {
        self.inits.is_empty()
    }

    /// Names of the components, as pyhf gives them.
    pub fn component_names(&self) -> Vec<String> {
        if self.scalar {
            return vec![self.name.clone()];
        }
        (0..self.len()).map(|i| format!("{}[{i}]", self.name)).collect()
    }

    /// Auxiliary data, none for a free parameter.
    pub fn auxdata(&self) -> &[f64] {
        match &self.constraint {
            Constraint::None => &[],
            Constraint::Normal { auxdata, .. } | Constraint::Poisson { auxdata, .. } => auxdata,
        }
    }

    fn check(&self) -> Result<(), WorkspaceError> {
        for (i, (&init, &(lower, upper))) in self.inits.iter().zip(&self.bounds).enumerate() {
            if init < lower || init > upper {
                let name = self.component_names()[i].clone();
                return Err(WorkspaceError::InitOutsideBounds { name, init, lower, upper });
            }
        }
        Ok(())
    }
}

/// What was asked under one name, before the measurement is heard.
pub(super) struct Request {
    pub(super) name: String,
    pub(super) modifier_type: &'static str,
    pub(super) requirement: Requirement,
}

fn check_lumi(set: &ParameterSet, path: &str) -> Result<(), WorkspaceError> {
    let Constraint::Normal { auxdata, sigmas } = &set.constraint else { return Ok(()) };
    let missing = [
        ("inits", set.inits.is_empty()),
        ("bounds", set.bounds.is_empty()),
        ("auxdata", auxdata.is_empty()),
        ("sigmas", sigmas.as_ref().is_some_and(Vec::is_empty)),
    ];
    match missing.iter().find(|(_, missing)| *missing) {
        None => Ok(()),
        Some(&(attribute, _)) => {
            Err(WorkspaceError::MissingLumiSetting { path: path.to_owned(), attribute })
        }
    }
}

/// Parameter sets from requests in the order of the model, with a measurement's settings.
///
/// `path` is the place of those settings. Settings of unknown parameters are ignored, as pyhf
/// does: published measurements name parameters of regions that were cut out.
pub(super) fn resolve(
    requests: Vec<Request>,
    overrides: &[ParameterOverride],
    path: &str,
) -> Result<Vec<ParameterSet>, WorkspaceError> {
    let mut merged: Vec<(Vec<&'static str>, Request)> = Vec::new();
    for request in requests {
        match merged.iter_mut().find(|(_, known)| known.name == request.name) {
            None => merged.push((vec![request.modifier_type], request)),
            Some((types, known)) if known.requirement == request.requirement => {
                types.push(request.modifier_type);
            }
            Some((_, known)) => {
                return Err(WorkspaceError::IncompatibleSharing {
                    name: request.name,
                    first: known.modifier_type,
                    second: request.modifier_type,
                });
            }
        }
    }
    let (mut sets, mut offset) = (Vec::with_capacity(merged.len()), 0);
    for (modifier_types, Request { name, mut requirement, .. }) in merged {
        if let Some(setting) = overrides.iter().find(|setting| setting.name == name) {
            apply(setting, &mut requirement)?;
        }
        let Requirement { scalar, inits, bounds, fixed, constraint } = requirement;
        let set =
            ParameterSet { name, modifier_types, scalar, inits, bounds, fixed, constraint, offset };
        check_lumi(&set, path)?;
        set.check()?;
        offset += set.len();
        sets.push(set);
    }
    Ok(sets)
}
