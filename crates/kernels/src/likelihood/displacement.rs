//! Rates with one parameter moved far, for searches of other minima.

use super::structure::{Likelihood, Structure};
use super::sweep::Sweep;
use crate::interpolation::{histosys_weight, normsys_factor};

/// What one interpolated parameter does to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Use {
    group: usize,
    /// Which of the group's slots it has.
    slot: Option<usize>,
    /// Its `normsys` entry.
    norm: Option<usize>,
}

/// A parameter of `histosys` and `normsys` modifiers, and where it acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpolated {
    /// The parameter.
    pub parameter: usize,
    uses: Vec<Use>,
}

impl Interpolated {
    /// Every interpolated parameter of a model, ascending.
    pub fn all(s: &Structure) -> Vec<Self> {
        let mut uses: Vec<Vec<Use>> = vec![Vec::new(); s.n_parameters];
        for (g, group) in s.groups.iter().enumerate() {
            let mut add = |p: u32, slot: Option<usize>, norm: Option<usize>| {
                let list = &mut uses[p as usize];
                match list.last_mut() {
                    Some(last) if last.group == g => {
                        (last.slot, last.norm) = (last.slot.or(slot), last.norm.or(norm));
                    }
                    _ => list.push(Use { group: g, slot, norm }),
                }
            };
            for (i, &slot) in s.group_slot[group.slots.clone()].iter().enumerate() {
                add(s.slot_parameter[slot as usize], Some(i), None);
            }
            group.norms.clone().for_each(|k| add(s.norm_parameter[k], None, Some(k)));
        }
        let used = uses.into_iter().enumerate().filter(|(_, uses)| !uses.is_empty());
        used.map(|(parameter, uses)| Self { parameter, uses }).collect()
    }

    /// By how many events each bin's rate changes where this parameter alone moves from the
    /// sweep's point to `to`; added to `out`, one number per bin.
    pub fn add_change(
        &self,
        l: Likelihood,
        sweep: &Sweep<1>,
        theta: &[f64],
        to: f64,
        out: &mut [f64],
    ) {
        let (s, c, from) = (l.structure, l.coefficients, theta[self.parameter]);
        let weight = |alpha: f64| histosys_weight(l.interpolation.histosys, alpha);
        let (d_alpha, d_weight) = (to - from, weight(to) - weight(from));
        for used in &self.uses {
            let group = &s.groups[used.group];
            let ratio = used.norm.map_or(1.0, |k| {
                let factor = |alpha| normsys_factor(l.interpolation.normsys, alpha, c.normsys(k));
                factor(to) / factor(from)
            });
            let common = sweep.common[used.group].0[0];
            for cell in group.cells.clone() {
                let base = sweep.bases[cell].0[0];
                let shift = used.slot.map_or(0.0, |i| {
                    let shift = group.shifts(cell).start + i;
                    c.shift_s[shift] * d_alpha + c.shift_a[shift] * d_weight
                });
                let gamma: f64 = s.gammas(cell).iter().map(|&p| theta[p as usize]).product();
                out[s.cell_bin[cell] as usize] += ((base + shift) * ratio - base) * common * gamma;
            }
        }
    }
}
