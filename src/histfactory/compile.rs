//! From a checked workspace to a [`Model`]'s flat arrays.
//!
//! Channels, samples and modifiers are walked in sorted order. Parameters are ordered by type, and
//! within a type as the walk first meets them; those of `staterror` are sorted by name.
//! Source: pyhf 0.7 (`pdf.py`, `modifiers/`), whose order this reproduces.

use std::collections::HashMap;

use super::model::{Model, ModelChannel};
use super::modifiers::{Action, Sites, modifier_type};
use super::parameters::{Constraint, ParameterSet, Request, resolve};
use super::provenance::{Carriers, Entry, Provenance, Site};
use super::{Channel, Modifier, Workspace, WorkspaceError};
use crate::kernels::coefficients::{histosys_coefficients, normsys_coefficients};
use crate::kernels::interpolation::Interpolation;
use crate::kernels::likelihood::{Coefficients, ConstraintKind, Group, Structure};

fn sorted_by_name<T>(items: &[T], name: impl Fn(&T) -> &str) -> Vec<usize> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|&i, &j| name(&items[i]).cmp(name(&items[j])));
    order
}

/// The modifiers of each (channel, sample) pair, all in sorted order.
fn walk(channels: &[Channel]) -> Vec<(usize, usize, Vec<Site>)> {
    let mut groups = Vec::new();
    for channel in sorted_by_name(channels, |c| &c.name) {
        let samples = &channels[channel].samples;
        for sample in sorted_by_name(samples, |s| &s.name) {
            let list = &samples[sample].modifiers;
            let mut order: Vec<usize> = (0..list.len()).collect();
            let key = |i: &usize| (&list[*i].name, list[*i].data.type_name());
            order.sort_by(|i, j| key(i).cmp(&key(j)));
            let site = |modifier| Site { channel, sample, modifier };
            groups.push((channel, sample, order.into_iter().map(site).collect()));
        }
    }
    groups
}

fn modifier(channels: &[Channel], site: Site) -> &Modifier {
    &channels[site.channel].samples[site.sample].modifiers[site.modifier]
}

/// All modifiers by type and name, in the order of their parameters.
fn carriers<'a>(channels: &'a [Channel], sites: impl Iterator<Item = Site>) -> Vec<Vec<Site>> {
    let mut found: Vec<Vec<Site>> = Vec::new();
    let mut known: HashMap<(usize, &'a str), usize> = HashMap::new();
    for site in sites {
        let Modifier { name, data } = modifier(channels, site);
        let i = *known.entry((data.rank(), name)).or_insert(found.len());
        if i == found.len() {
            found.push(Vec::new());
        }
        found[i].push(site);
    }
    found.sort_by_key(|sites| {
        let Modifier { name, data } = modifier(channels, sites[0]);
        (data.rank(), modifier_type(data).is_sorted_by_name().then_some(name))
    });
    found
}

fn requests(channels: &[Channel], carriers: &[Vec<Site>]) -> Result<Vec<Request>, WorkspaceError> {
    let request = |sites: &Vec<Site>| {
        let Modifier { name, data } = modifier(channels, sites[0]);
        let requirement = modifier_type(data).requirement(Sites { channels, sites })?;
        Ok(Request { name: name.clone(), modifier_type: data.type_name(), requirement })
    };
    carriers.iter().map(request).collect()
}

struct Builder<'a> {
    channels: &'a [Channel],
    carriers: &'a [(Vec<Site>, usize)],
    /// What they became.
    entries: Vec<Vec<Entry>>,
    /// Index of the carriers of a type and name.
    of_site: HashMap<(usize, &'a str), usize>,
    /// Slot of each parameter that has one.
    slots: HashMap<usize, u32>,
    structure: Structure,
    coefficients: Coefficients,
}

impl<'a> Builder<'a> {
    fn slot(&mut self, parameter: usize) -> u32 {
        *self.slots.entry(parameter).or_insert_with(|| {
            self.structure.slot_parameter.push(parameter as u32);
            self.structure.slot_parameter.len() as u32 - 1
        })
    }

    fn add_group(
        &mut self,
        nominal: &[f64],
        sites: &[Site],
        first_bin: usize,
    ) -> Result<(), WorkspaceError> {
        let (channels, carriers) = (self.channels, self.carriers);
        let from = (self.structure.norm_parameter.len(), self.structure.scale_parameter.len());
        let (mut shifts, mut gammas) = (Vec::new(), Vec::new());
        for &site in sites {
            let Modifier { name, data } = modifier(channels, site);
            let i = self.of_site[&(data.rank(), name.as_str())];
            let (sites, first) = (&carriers[i].0, carriers[i].1);
            let index = match modifier_type(data).action(Sites { channels, sites }, site)? {
                Action::Shift(lo, hi) => {
                    shifts.push((self.slot(first), lo, hi));
                    shifts.len() - 1
                }
                Action::Interpolated(lo, hi) => {
                    self.structure.norm_parameter.push(first as u32);
                    self.coefficients.norm.extend(normsys_coefficients(lo, hi));
                    self.structure.norm_parameter.len() - 1
                }
                Action::Factor => {
                    self.structure.scale_parameter.push(first as u32);
                    0
                }
                Action::BinFactors(component) => {
                    gammas.push(first + component);
                    0
                }
            };
            let group = self.structure.groups.len();
            self.entries[i].push(Entry { group, index });
        }
        let (first_cell, first_shift) =
            (self.structure.cell_bin.len(), self.coefficients.shift_s.len());
        self.add_cells(nominal, first_bin, &shifts, &gammas);
        let s = &mut self.structure;
        let first_slot = s.group_slot.len();
        s.group_slot.extend(shifts.iter().map(|(slot, ..)| slot));
        s.groups.push(Group {
            cells: first_cell..s.cell_bin.len(),
            norms: from.0..s.norm_parameter.len(),
            scales: from.1..s.scale_parameter.len(),
            slots: first_slot..s.group_slot.len(),
            first_shift,
        });
        Ok(())
    }

    fn add_cells(
        &mut self,
        nominal: &[f64],
        first_bin: usize,
        shifts: &[(u32, &[f64], &[f64])],
        gammas: &[usize],
    ) {
        let (s, c) = (&mut self.structure, &mut self.coefficients);
        for (bin, &nominal) in nominal.iter().enumerate() {
            s.cell_bin.push((first_bin + bin) as u32);
            c.nominal.push(nominal);
            for &(_, lo, hi) in shifts {
                let (half_difference, half_curvature) =
                    histosys_coefficients(lo[bin], nominal, hi[bin]);
                c.shift_s.push(half_difference);
                c.shift_a.push(half_curvature);
            }
            s.gamma_parameter.extend(gammas.iter().map(|first| (first + bin) as u32));
            s.gamma_start.push(s.gamma_parameter.len() as u32);
        }
    }

    fn add_constraints(&mut self, sets: &[ParameterSet]) {
        for set in sets {
            let (kind, numbers) = match &set.constraint {
                Constraint::None => continue,
                Constraint::Normal { sigmas, .. } => {
                    let unit = || vec![1.0; set.len()];
                    (ConstraintKind::Normal, sigmas.clone().unwrap_or_else(unit))
                }
                Constraint::Poisson { factors, .. } => (ConstraintKind::Poisson, factors.clone()),
            };
            self.coefficients.constraint.extend(numbers);
            let constraints = (set.offset..set.offset + set.len()).map(|p| (p as u32, kind));
            self.structure.constraints.extend(constraints);
        }
    }
}

fn find_poi(
    workspace: &Workspace,
    measurement: usize,
    sets: &[ParameterSet],
) -> Result<usize, WorkspaceError> {
    let poi = workspace.measurements()[measurement].poi.clone();
    let path = format!("/measurements/{measurement}/config/poi");
    match sets.iter().find(|set| set.name == poi) {
        None => Err(WorkspaceError::MissingPoi { path, poi }),
        Some(set) if set.len() > 1 => {
            Err(WorkspaceError::VectorPoi { path, poi, components: set.len() })
        }
        Some(set) => Ok(set.offset),
    }
}

/// Compiles the model of one measurement.
pub(super) fn compile(
    workspace: &Workspace,
    measurement: usize,
    interpolation: Interpolation,
) -> Result<Model, WorkspaceError> {
    let channels = workspace.channels();
    let groups = walk(channels);
    let found = carriers(channels, groups.iter().flat_map(|(.., sites)| sites).copied());
    let path = format!("/measurements/{measurement}/config/parameters");
    let overrides = &workspace.measurements()[measurement].parameters;
    let sets = resolve(requests(channels, &found)?, overrides, &path)?;
    let poi = find_poi(workspace, measurement, &sets)?;

    let offsets: HashMap<&str, usize> =
        sets.iter().map(|set| (set.name.as_str(), set.offset)).collect();
    let with_first = |sites: Vec<Site>| {
        let first = offsets[modifier(channels, sites[0]).name.as_str()];
        (sites, first)
    };
    let carriers: Vec<(Vec<Site>, usize)> = found.into_iter().map(with_first).collect();
    let key = |sites: &[Site]| {
        let Modifier { name, data } = modifier(channels, sites[0]);
        (data.rank(), name.as_str())
    };
    let mut builder = Builder {
        channels,
        of_site: carriers.iter().enumerate().map(|(i, (sites, _))| (key(sites), i)).collect(),
        carriers: &carriers,
        entries: vec![Vec::new(); carriers.len()],
        slots: HashMap::new(),
        structure: Structure {
            gamma_start: vec![0],
            n_parameters: sets.iter().map(ParameterSet::len).sum(),
            ..Structure::default()
        },
        coefficients: Coefficients::default(),
    };
    let (mut model_channels, mut first_bin, mut last) = (Vec::<ModelChannel>::new(), 0, None);
    for (c, sample, sites) in &groups {
        let channel = &channels[*c];
        if last != Some(c) {
            first_bin = builder.structure.n_bins;
            builder.structure.n_bins += channel.samples[0].data.len();
            let bins = first_bin..builder.structure.n_bins;
            let samples = Vec::new();
            model_channels.push(ModelChannel { name: channel.name.clone(), samples, bins });
            last = Some(c);
        }
        let sample = &channel.samples[*sample];
        let samples = &mut model_channels.last_mut().expect("it was pushed above").samples;
        samples.push(sample.name.clone());
        builder.add_group(&sample.data, sites, first_bin)?;
    }
    builder.add_constraints(&sets);
    let Builder { structure, coefficients, entries, .. } = builder;
    let carriers = carriers.into_iter().zip(entries);
    let carriers = carriers.map(|((sites, first), entries)| Carriers { sites, entries, first });
    let carriers = carriers.collect();
    let groups = groups.iter().map(|(channel, sample, _)| (*channel, *sample)).collect();
    let provenance = Provenance { measurement, groups, carriers };
    Ok(Model::new(model_channels, sets, poi, interpolation, structure, coefficients, provenance))
}
