//! From a checked workspace to a [`Model`]'s flat arrays.
//!
//! Channels, samples and modifiers are walked in sorted order. Parameters stand by type, and
//! within a type where the walk first meets them; those of `staterror` stand sorted by name.
//! Source: pyhf 0.7 (`pdf.py`, `modifiers/`), whose order this reproduces.

use super::model::{Model, ModelChannel};
use super::modifiers::{histosys, lumi, normfactor, normsys, shapefactor, shapesys, staterror};
use super::parameters::{Constraint, ParameterSet, Request, resolve};
use super::sources::{GammaSource, GroupSource, Sources, StaterrorBin};
use super::{Channel, ModifierData, Workspace, WorkspaceError};
use crate::kernels::coefficients::{histosys_coefficients, normsys_coefficients};
use crate::kernels::interpolation::Interpolation;
use crate::kernels::likelihood::{Coefficients, ConstraintKind, Group, Structure};

/// A group's place in the workspace and its modifiers in sorted order.
struct Walk {
    source: GroupSource,
    modifiers: Vec<usize>,
}

fn sorted_by_name<T>(items: &[T], name: impl Fn(&T) -> &str) -> Vec<usize> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|&i, &j| name(&items[i]).cmp(name(&items[j])));
    order
}

fn walk(channels: &[Channel]) -> Vec<Walk> {
    let mut groups = Vec::new();
    for channel in sorted_by_name(channels, |c| &c.name) {
        let samples = &channels[channel].samples;
        for sample in sorted_by_name(samples, |s| &s.name) {
            let list = &samples[sample].modifiers;
            let mut modifiers: Vec<usize> = (0..list.len()).collect();
            let key = |i: &usize| (&list[*i].name, list[*i].data.type_name());
            modifiers.sort_by(|i, j| key(i).cmp(&key(j)));
            groups.push(Walk { source: GroupSource { channel, sample }, modifiers });
        }
    }
    groups
}

/// The bins of each `staterror`, sorted by name: which samples feed them.
fn staterror_bins(
    channels: &[Channel],
    groups: &[Walk],
) -> Result<Vec<(String, Vec<StaterrorBin>)>, WorkspaceError> {
    // Per name: channels in walk order, each with the (sample, modifier) pairs that carry it.
    type Carriers = Vec<(usize, Vec<(usize, usize)>)>;
    let mut names: std::collections::BTreeMap<&str, Carriers> = Default::default();
    for group in groups {
        let GroupSource { channel, sample } = group.source;
        for &m in &group.modifiers {
            let modifier = &channels[channel].samples[sample].modifiers[m];
            if !matches!(modifier.data, ModifierData::Staterror(_)) {
                continue;
            }
            let carriers = names.entry(&modifier.name).or_default();
            match carriers.last_mut() {
                Some((last, samples)) if *last == channel => samples.push((sample, m)),
                _ => carriers.push((channel, vec![(sample, m)])),
            }
        }
    }
    for (name, carriers) in &names {
        check_even(channels, name, carriers)?;
    }
    let bins = |(channel, samples): (usize, Vec<(usize, usize)>)| {
        let n = channels[channel].samples[0].data.len();
        (0..n).map(move |bin| StaterrorBin { channel, bin, samples: samples.clone() })
    };
    let expand = |(name, carriers): (&str, Carriers)| {
        (name.to_owned(), carriers.into_iter().flat_map(bins).collect())
    };
    Ok(names.into_iter().map(expand).collect())
}

fn check_even(
    channels: &[Channel],
    name: &str,
    carriers: &[(usize, Vec<(usize, usize)>)],
) -> Result<(), WorkspaceError> {
    let sample_name = |channel: usize, sample: usize| &channels[channel].samples[sample].name;
    let carried = |wanted: &str| {
        let holds = |(channel, samples): &&(usize, Vec<(usize, usize)>)| {
            samples.iter().any(|&(sample, _)| sample_name(*channel, sample) == wanted)
        };
        carriers.iter().filter(holds).map(|(channel, _)| *channel).collect::<Vec<_>>()
    };
    let (first_channel, first_samples) = &carriers[0];
    let other = sample_name(*first_channel, first_samples[0].0);
    let expected = carried(other);
    for (channel, samples) in carriers {
        for &(sample, _) in samples {
            let sample = sample_name(*channel, sample);
            if carried(sample) != expected {
                return Err(WorkspaceError::UnevenStaterror {
                    name: name.to_owned(),
                    sample: sample.clone(),
                    other: other.clone(),
                });
            }
        }
    }
    Ok(())
}

fn requests(
    channels: &[Channel],
    groups: &[Walk],
    staterrors: &[(String, Vec<StaterrorBin>)],
) -> Result<Vec<Request>, WorkspaceError> {
    let mut found: Vec<(usize, Request)> = Vec::new();
    for group in groups {
        let GroupSource { channel, sample } = group.source;
        let nominal = &channels[channel].samples[sample].data;
        for &m in &group.modifiers {
            let modifier = &channels[channel].samples[sample].modifiers[m];
            let (rank, modifier_type) = (modifier.data.rank(), modifier.data.type_name());
            let known = found.iter().any(|(r, q)| *r == rank && q.name == modifier.name);
            if known && matches!(modifier.data, ModifierData::Shapesys(_)) {
                return Err(WorkspaceError::SharedShapesys {
                    path: format!("/channels/{channel}/samples/{sample}/modifiers/{m}"),
                    name: modifier.name.clone(),
                });
            }
            if known {
                continue;
            }
            let requirement = match &modifier.data {
                ModifierData::Histosys { .. } => histosys::requirement(),
                ModifierData::Lumi => lumi::requirement(),
                ModifierData::Normfactor => normfactor::requirement(),
                ModifierData::Normsys { .. } => normsys::requirement(),
                ModifierData::Shapefactor => shapefactor::requirement(nominal.len()),
                ModifierData::Shapesys(u) => shapesys::requirement(nominal, u),
                ModifierData::Staterror(_) => continue,
            };
            found.push((rank, Request { name: modifier.name.clone(), modifier_type, requirement }));
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    let mut requests: Vec<Request> = found.into_iter().map(|(_, request)| request).collect();
    for (name, bins) in staterrors {
        let (sample, modifier) = bins[0].samples[0];
        let first = &channels[bins[0].channel].samples[sample].modifiers[modifier];
        let numbers: Vec<_> = bins.iter().map(|bin| bin.numbers(channels)).collect();
        requests.push(Request {
            name: name.clone(),
            modifier_type: first.data.type_name(),
            requirement: staterror::requirement(&numbers),
        });
    }
    Ok(requests)
}

struct Builder<'a> {
    channels: &'a [Channel],
    sets: &'a [ParameterSet],
    staterrors: &'a [(String, Vec<StaterrorBin>)],
    structure: Structure,
    coefficients: Coefficients,
    sources: Sources,
}

impl Builder<'_> {
    fn set(&self, name: &str) -> &ParameterSet {
        self.sets.iter().find(|set| set.name == name).expect("every modifier has a parameter set")
    }

    fn slot(&mut self, parameter: usize) -> u32 {
        let parameter = parameter as u32;
        let slots = &mut self.structure.slot_parameter;
        let known = slots.iter().position(|&p| p == parameter);
        known.unwrap_or_else(|| {
            slots.push(parameter);
            slots.len() - 1
        }) as u32
    }

    /// Parameter of a bin-wise modifier's first bin in this channel.
    fn gamma_offset(
        &self,
        source: GroupSource,
        m: usize,
        bins: usize,
    ) -> Result<usize, WorkspaceError> {
        let GroupSource { channel, sample } = source;
        let modifier = &self.channels[channel].samples[sample].modifiers[m];
        let set = self.set(&modifier.name);
        match &modifier.data {
            ModifierData::Staterror(_) => {
                let (_, list) = self
                    .staterrors
                    .iter()
                    .find(|(name, _)| *name == modifier.name)
                    .expect("every staterror was collected");
                let first = list.iter().position(|bin| bin.channel == channel);
                Ok(set.offset + first.expect("its channel was collected"))
            }
            ModifierData::Shapefactor if set.len() < bins => {
                Err(WorkspaceError::ShortShapefactor {
                    path: format!("/channels/{channel}/samples/{sample}/modifiers/{m}"),
                    name: modifier.name.clone(),
                    components: set.len(),
                    bins,
                    channel: self.channels[channel].name.clone(),
                })
            }
            _ => Ok(set.offset),
        }
    }

    fn add_group(&mut self, walk: &Walk, first_bin: usize) -> Result<(), WorkspaceError> {
        let GroupSource { channel, sample } = walk.source;
        let (channels, source) = (self.channels, walk.source);
        let sample_data = &channels[channel].samples[sample];
        let bins = sample_data.data.len();
        let (norms_from, scales_from) =
            (self.structure.norm_parameter.len(), self.structure.scale_parameter.len());
        let (mut shifts, mut gammas) = (Vec::new(), Vec::new());
        for &m in &walk.modifiers {
            let modifier = &sample_data.modifiers[m];
            let offset = self.set(&modifier.name).offset;
            match &modifier.data {
                ModifierData::Histosys { lo, hi } => shifts.push((m, self.slot(offset), lo, hi)),
                ModifierData::Normsys { lo, hi } => {
                    self.structure.norm_parameter.push(offset as u32);
                    self.coefficients.norm.extend(normsys_coefficients(*lo, *hi));
                    self.sources.norm_modifier.push(m);
                }
                ModifierData::Normfactor | ModifierData::Lumi => {
                    self.structure.scale_parameter.push(offset as u32);
                }
                ModifierData::Shapefactor
                | ModifierData::Shapesys(_)
                | ModifierData::Staterror(_) => {
                    let first = self.gamma_offset(source, m, bins)?;
                    if matches!(modifier.data, ModifierData::Shapesys(_)) {
                        self.sources.shapesys.push(GammaSource { source, modifier: m, first });
                    }
                    gammas.push(first);
                }
            }
        }
        let first_cell = self.structure.cell_bin.len();
        for (bin, &nominal) in sample_data.data.iter().enumerate() {
            self.structure.cell_bin.push((first_bin + bin) as u32);
            self.coefficients.nominal.push(nominal);
            for &(m, slot, lo, hi) in &shifts {
                let (s, a) = histosys_coefficients(lo[bin], nominal, hi[bin]);
                self.structure.shift_slot.push(slot);
                self.coefficients.shift_s.push(s);
                self.coefficients.shift_a.push(a);
                self.sources.shift_modifier.push(m as u32);
            }
            self.structure.shift_start.push(self.structure.shift_slot.len() as u32);
            let gammas = gammas.iter().map(|first| (first + bin) as u32);
            self.structure.gamma_parameter.extend(gammas);
            self.structure.gamma_start.push(self.structure.gamma_parameter.len() as u32);
        }
        self.structure.groups.push(Group {
            cells: first_cell..first_cell + bins,
            norms: norms_from..self.structure.norm_parameter.len(),
            scales: scales_from..self.structure.scale_parameter.len(),
        });
        self.sources.groups.push(source);
        Ok(())
    }

    fn add_constraints(&mut self) {
        for set in self.sets {
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
    let staterrors = staterror_bins(channels, &groups)?;
    let path = format!("/measurements/{measurement}/config/parameters");
    let overrides = &workspace.measurements()[measurement].parameters;
    let sets = resolve(requests(channels, &groups, &staterrors)?, overrides, &path)?;
    let poi = find_poi(workspace, measurement, &sets)?;

    let mut builder = Builder {
        channels,
        sets: &sets,
        staterrors: &staterrors,
        structure: Structure {
            shift_start: vec![0],
            gamma_start: vec![0],
            n_parameters: sets.iter().map(ParameterSet::len).sum(),
            ..Structure::default()
        },
        coefficients: Coefficients::default(),
        sources: Sources::default(),
    };
    let (mut model_channels, mut first_bin, mut last) = (Vec::<ModelChannel>::new(), 0, None);
    for group in &groups {
        let channel = &channels[group.source.channel];
        if last != Some(group.source.channel) {
            first_bin = builder.structure.n_bins;
            builder.structure.n_bins += channel.samples[0].data.len();
            let bins = first_bin..builder.structure.n_bins;
            let samples = Vec::new();
            model_channels.push(ModelChannel { name: channel.name.clone(), samples, bins });
            last = Some(group.source.channel);
        }
        let sample = channel.samples[group.source.sample].name.clone();
        model_channels.last_mut().expect("it was pushed above").samples.push(sample);
        builder.add_group(group, first_bin)?;
    }
    builder.add_constraints();
    let Builder { structure, coefficients, mut sources, .. } = builder;
    sources.measurement = measurement;
    sources.staterror = staterrors
        .into_iter()
        .map(|(name, bins)| {
            let set = sets.iter().find(|set| set.name == name).expect("its set was resolved");
            (set.offset, bins)
        })
        .collect();
    Ok(Model::new(model_channels, sets, poi, interpolation, structure, coefficients, sources))
}
