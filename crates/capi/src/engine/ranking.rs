//! Pulls, constraints and impacts of nuisance parameters.

use super::super::status::{Error, Status, guard};
use super::super::views::{Arguments, ConstView, View};
use super::Data;
use super::fit::{FitSettings, fit, give};
use super::handles::{self, Loaded, ModelHandle};
use diffhep::fit::FitReport;
use diffhep::histfactory::Model;
use diffhep::inference::{HeldFitError, Impact, Ranking, ranking};

/// Where impacts are written: changes of the fitted parameter of interest when a parameter is fixed
/// one step up or down and all others are refitted. Each array has one entry per parameter and may
/// be left out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ImpactViews {
    /// For a step up by the uncertainty after the fit.
    pub post_fit_up: View,
    /// The same down.
    pub post_fit_down: View,
    /// For a step up by the width of the parameter's own measurement.
    pub pre_fit_up: View,
    /// The same down.
    pub pre_fit_down: View,
}

const NOWHERE: View = View { data: std::ptr::null_mut(), length: 0 };

impl Default for ImpactViews {
    fn default() -> Self {
        Self {
            post_fit_up: NOWHERE,
            post_fit_down: NOWHERE,
            pre_fit_up: NOWHERE,
            pre_fit_down: NOWHERE,
        }
    }
}

/// Arrays with one entry per parameter; `None` for those not requested.
type Column<'a> = Option<&'a mut [f64]>;

/// Where a model's impacts are written.
struct Impacts<'a> {
    post_fit: Impact<Column<'a>>,
    pre_fit: Impact<Column<'a>>,
}

impl<'a> Impacts<'a> {
    /// # Safety
    /// The views belong to the caller, as the module's contract requires.
    unsafe fn places(
        arguments: &mut Arguments,
        views: *const ImpactViews,
        model: &Model,
    ) -> Result<Self, Error> {
        // SAFETY: the function's contract.
        let views = unsafe { arguments.settings("impacts", views) }?;
        let mut column = |name, view| {
            // SAFETY: the function's contract.
            unsafe {
                arguments.optional_output(name, view, model.n_parameters(), "one a parameter")
            }
        };
        let post_fit = Impact {
            up: column("post_fit_up", views.post_fit_up)?,
            down: column("post_fit_down", views.post_fit_down)?,
        };
        let pre_fit = Impact {
            up: column("pre_fit_up", views.pre_fit_up)?,
            down: column("pre_fit_down", views.pre_fit_down)?,
        };
        Ok(Self { post_fit, pre_fit })
    }

    fn columns(&mut self) -> [&mut Column<'a>; 4] {
        let Self { post_fit, pre_fit } = self;
        [&mut post_fit.up, &mut post_fit.down, &mut pre_fit.up, &mut pre_fit.down]
    }

    fn are_wanted(&mut self) -> bool {
        self.columns().iter().any(|column| column.is_some())
    }

    /// Sets all impacts to NaN.
    fn clear(&mut self) {
        self.columns().into_iter().for_each(clear);
    }

    fn set(&mut self, parameter: usize, post_fit: Impact, pre_fit: Option<Impact>) {
        let none = Impact { up: f64::NAN, down: f64::NAN };
        let pre_fit = pre_fit.unwrap_or(none);
        let impacts = [post_fit.up, post_fit.down, pre_fit.up, pre_fit.down];
        for (column, impact) in self.columns().into_iter().zip(impacts) {
            set(column, parameter, Some(impact));
        }
    }
}

fn clear(column: &mut Column) {
    if let Some(column) = column {
        column.fill(f64::NAN);
    }
}

fn set(column: &mut Column, parameter: usize, number: Option<f64>) {
    if let Some(column) = column {
        column[parameter] = number.unwrap_or(f64::NAN);
    }
}

/// The parameter of interest in a ranking.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankingResult {
    /// Its fitted value.
    pub poi: f64,
    /// Its uncertainty, from the covariance.
    pub sigma: f64,
    /// Its uncertainty if all constrained parameters were known.
    pub statistical: f64,
}

fn ranked(
    loaded: &Loaded,
    data: &Data,
    settings: &FitSettings,
) -> Result<(FitReport, Ranking), Error> {
    let report = fit(loaded, data, None, settings)?;
    give(&report, None, None)?;
    let ranking = ranking(&loaded.model, data.numbers, &report)?;
    Ok((report, ranking))
}

/// Pulls, constraints and impacts of all nuisance parameters, from one fit and its covariance.
///
/// `data`: one per datum; left out for the workspace's. `settings` are those of the fit and may be
/// NULL. `sigma` (uncertainty after the fit), `pull` (fitted value less the measured one, in widths
/// of its own measurement) and `constraint` (uncertainty after the fit in those widths) have one
/// entry per parameter and may each be left out. `impacts` are linear ones and may be NULL, as may
/// `result`. Values that do not exist are NaN: those of the parameter of interest, of parameters
/// that the fit did not move, and, for numbers relative to a parameter's own measurement, of those
/// without one. Source: ATL-PHYS-PUB-2011-11, section 5.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_ranking(
    model: ModelHandle,
    data: ConstView,
    settings: *const FitSettings,
    sigma: View,
    pull: View,
    constraint: View,
    impacts: *const ImpactViews,
    result: *mut RankingResult,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_ranking", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let (n, why) = (loaded.model.n_parameters(), "one a parameter");
        let mut sigma = arguments.optional_output("sigma", sigma, n, why)?;
        let mut pull = arguments.optional_output("pull", pull, n, why)?;
        let mut constraint = arguments.optional_output("constraint", constraint, n, why)?;
        let mut impacts = Impacts::places(&mut arguments, impacts, &loaded.model)?;
        let result = arguments.optional_result("result", result)?;
        let (_, ranking) = ranked(&loaded, &data, &settings)?;
        [&mut sigma, &mut pull, &mut constraint].into_iter().for_each(clear);
        impacts.clear();
        for entry in &ranking.parameters {
            let p = entry.parameter;
            set(&mut sigma, p, Some(entry.sigma));
            set(&mut pull, p, entry.pull);
            set(&mut constraint, p, entry.constraint);
            impacts.set(p, entry.post_fit.clone(), entry.pre_fit.clone());
        }
        if let Some(result) = result {
            let statistical = ranking.statistical(&loaded.model);
            *result = RankingResult { poi: ranking.poi, sigma: ranking.sigma, statistical };
        }
        Ok(())
    })
}

/// Refitted impacts as numbers: NaN for a refit without a minimum.
fn numbers(impact: Impact<Result<f64, HeldFitError>>) -> Impact {
    Impact { up: impact.up.unwrap_or(f64::NAN), down: impact.down.unwrap_or(f64::NAN) }
}

/// Impacts of all nuisance parameters by refits, without the linear approximation of
/// `diffhep_model_ranking`; on the library's threads, with the same bits on any number of them.
///
/// `data` and `settings` are those of `diffhep_model_ranking`, `impacts` is where they are written.
/// They are NaN where there is none, and where a refit ended without a minimum.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diffhep_model_refitted_impacts(
    model: ModelHandle,
    data: ConstView,
    settings: *const FitSettings,
    impacts: *const ImpactViews,
) -> Status {
    // SAFETY: the caller owns all memory read or written, by the module's contract.
    guard("diffhep_model_refitted_impacts", || unsafe {
        let mut arguments = Arguments::default();
        let loaded = handles::get(model)?;
        let data = Data::read(&mut arguments, data, &loaded)?;
        let settings = arguments.settings("settings", settings)?;
        let mut impacts = Impacts::places(&mut arguments, impacts, &loaded.model)?;
        if !impacts.are_wanted() {
            return Err(Error::NoImpacts);
        }
        let (report, ranking) = ranked(&loaded, &data, &settings)?;
        let refitted = ranking.refit(&loaded.model, data.numbers, &report, &settings.options()?);
        impacts.clear();
        for (entry, refitted) in ranking.parameters.iter().zip(refitted) {
            let pre_fit = refitted.pre_fit.map(numbers);
            impacts.set(entry.parameter, numbers(refitted.post_fit), pre_fit);
        }
        Ok(())
    })
}
